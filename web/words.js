// What the panel says, in each of the pack's languages. Functions put numbers into sentences.

import { ranges } from "./numbers.js";

const en = {
  phases: { lookahead: "Looking ahead", decoding: "Decoding", scoring: "Scoring", measuring: "Measuring", sampling: "Sampling" },
  left: (time) => `about ${time} left`,
  stale: "From the run before",
  emptyPrompt: "empty: your positive prompt is used",
  empty: "the lookahead samples appear here after a run",
  summary: (count, best, mean) => `${count} samples, best ${best}, mean ${mean}`,
  missed:
    "This run came from ComfyUI's cache, which does not have these results. Change the prompt or a lookahead setting " +
    "to draw new samples.",

  plan: (samples, steps, measuring) =>
    `Lookahead: ${samples} x ${steps} steps + ${measuring} = ${samples * steps + measuring} model calls`,
  worth: (pictures) => `, about ${pictures} pictures' worth`,
  ownSteps: (own, steps) => `, then ${own} of ${steps} steps a picture.`,
  steps: (steps) => `, then up to ${steps} steps a picture.`,
  planHelp:
    "The number added to the steps measures how far the samples should lead. The lookahead is drawn once for a " +
    "prompt and reused while you change the seed, steps or strength. How many of the steps call the model is taken from " +
    "the last run.",
  off: (steps) => `Strength 0: exactly KSampler, ${steps} steps a picture. Nothing looks ahead.`,

  samples: "Lookahead samples, best first",
  beingDrawn: "Lookahead samples that are being drawn, not scored yet",
  sample: (number, count) => `Lookahead sample ${number} of ${count}`,
  reward: (number, value) => `#${number}: reward ${value}`,
  led: (share) => `led ${share} of the guided steps`,
  seed: (seed) => `seed ${seed}`,
  scoredFor: (prompt) => `Scored for: ${prompt}`,
  onAverage: (reward) => `${reward} on average`,
  ownRewards: (own) => `Your pictures' rewards: ${own}.`,
  ownBesideSamples: (own, mean, best) =>
    `Your pictures' rewards: ${own}; the lookahead samples' ${mean} on average, ${best} at best.`,
  followed: "followed",
  followedBy: (pictures) => `by ${pictures}`,
  allFollowed: (count, sample) =>
    count === 1 ? `Your picture followed sample ${sample}.` : `All ${count} pictures followed sample ${sample}.`,
  someFollowed: (pictures, sample) =>
    pictures.length === 1
      ? `Picture ${pictures} followed sample ${sample}.`
      : `Pictures ${ranges(pictures).join(", ")} followed sample ${sample}.`,
  shared: (count) => `On average ${count} samples shared the lead.`,
  ledTo: (step, steps) => `The samples led to step ${step} of ${steps}, then the model.`,
  ledAll: "The samples led every step.",
  handedOver: (ratio) => `They handed over to the model at a noise-to-signal ratio of ${ratio}.`,
  tooRough:
    "The model disagrees with the samples even about the layout, so it sampled alone. Give the lookahead more steps or a " +
    "better model.",
  chosenTooRough: "Your choice led for the layout, although the model disagrees even about that.",

  change: "How much LiDAR changed each step",
  changeHelp:
    "The size of each step's change, compared with the model's own prediction. The scale is a square root, so that " +
    "small changes show. The band spans the pictures of the batch.",
  step: (number) => `step ${number}`,

  lookahead: "Lookahead",
  decoding: "Decoding",
  scoring: "Scoring",
  sampling: "Sampling",
  reused: "reused",
  calls: (count) => `${count} model calls`,
  callHelp: "A model call is one prediction for one picture. With a cfg other than 1 the model runs twice for it.",
  skipped: "Steps that the lookahead samples alone decide skip the model call.",

  play: "Play or stop (Space)",
  follow: "Follow this one",
  followToo: "Follow this one too",
  letReward: "Let the reward choose",
  chosen: "chosen",
  youChose: (samples) => `You chose sample${samples.length > 1 ? "s" : ""} ${samples.join(", ")}.`,
  andFollows: " It follows this sample, as you chose.",
  mayFollowAnother: " It may still follow another sample: choose Follow this one as well.",
  save: "Save it",
  copySeed: "Copy seed",
  seedCopied: "Seed copied",
  seedIs: "The seed is",
  useNoise: "Use this noise",
  noiseSet: "Noise set",
  noiseNotSet: "Noise not set",
  startsFrom: (sampler, seed) =>
    `${sampler} starts its first picture from this sample's noise: seed ${seed}, fixed.`,
  noSampler: "No sampler with a seed follows this node in the same graph.",
  seedWired: (seed, sampler) => `The ${seed} of ${sampler} is wired: set it where it comes from.`,
  better: "Better sample",
  next: "Next sample",
  close: "Close",
  actions: "What to do with this sample",

  vote: {
    empty: "The pairs of pictures appear here after a run.",
    ask: (pair, pairs) => `Pair ${pair} of ${pairs}: click the better picture.`,
    left: "Left picture",
    right: "Right picture",
    neither: "Neither",
    count: "Count the votes",
    again: "Start again",
    done: "Every pair of this run is judged. Run it with another seed for more.",
    nothing: "No picture was preferred yet.",
    result: (name, chosen, pairs, share, low, high) =>
      `You preferred ${name} in ${chosen} of ${pairs} pairs (${share} %, 95 % interval ${low} to ${high} %).`,
    prefers: (name) => `You prefer ${name}.`,
    chance: "That may be chance.",
    undecided: (pairs) => (pairs === 1 ? "One more pair was a tie." : `${pairs} more pairs were ties.`),
  },
};

const zh = {
  phases: { lookahead: "前瞻采样中", decoding: "解码中", scoring: "评分中", measuring: "测量中", sampling: "采样中" },
  left: (time) => `约剩 ${time}`,
  stale: "上一次运行的结果",
  emptyPrompt: "留空：使用你的正向提示词",
  empty: "运行后，前瞻样本显示在这里",
  summary: (count, best, mean) => `${count} 个样本，最佳 ${best}，平均 ${mean}`,
  missed: "本次运行取自 ComfyUI 的缓存，缓存中没有这些结果。请修改提示词或一项前瞻设置，以重新绘制样本。",

  plan: (samples, steps, measuring) =>
    `前瞻：${samples} x ${steps} 步 + ${measuring} = ${samples * steps + measuring} 次模型调用`,
  worth: (pictures) => `，约相当于 ${pictures} 张图`,
  ownSteps: (own, steps) => `；之后每张图需要 ${steps} 步中的 ${own} 步。`,
  steps: (steps) => `；之后每张图最多 ${steps} 步。`,
  planHelp: "步数之外加上的调用用于测量样本值得跟随到什么程度。每个提示词只前瞻一次；修改种子、步数或强度时会复用。有多少步调用模型，取自上一次运行。",
  off: (steps) => `强度为 0：与 KSampler 完全相同，每张图 ${steps} 步，不做前瞻。`,

  samples: "前瞻样本，从最佳开始",
  beingDrawn: "正在绘制的前瞻样本，尚未评分",
  sample: (number, count) => `前瞻样本 ${number}，共 ${count} 个`,
  reward: (number, value) => `#${number}：奖励 ${value}`,
  led: (share) => `主导了 ${share} 的引导步`,
  seed: (seed) => `种子 ${seed}`,
  scoredFor: (prompt) => `评分所用提示词：${prompt}`,
  onAverage: (reward) => `平均 ${reward}`,
  ownRewards: (own) => `你的图像的奖励：${own}。`,
  ownBesideSamples: (own, mean, best) => `你的图像的奖励：${own}；前瞻样本平均 ${mean}，最佳 ${best}。`,
  followed: "被跟随",
  followedBy: (pictures) => `图 ${pictures}`,
  allFollowed: (count, sample) => (count === 1 ? `这张图跟随了样本 ${sample}。` : `全部 ${count} 张图都跟随了样本 ${sample}。`),
  someFollowed: (pictures, sample) => `第 ${ranges(pictures).join("、")} 张图跟随了样本 ${sample}。`,
  shared: (count) => `平均有 ${count} 个样本共同主导。`,
  ledTo: (step, steps) => `样本主导到第 ${step} 步（共 ${steps} 步），之后由模型采样。`,
  ledAll: "样本主导了每一步。",
  handedOver: (ratio) => `在噪声与信号之比为 ${ratio} 处交给模型。`,
  tooRough: "模型连样本的布局都不认可，因此采样时没有使用样本。请增加前瞻的步数，或用更好的模型前瞻。",
  chosenTooRough: "虽然模型连布局都不认可，你选定的样本仍主导了布局。",

  change: "LiDAR 对每一步的改变量",
  changeHelp:
    "每一步的改变量，与模型自身的预测相比。纵轴为平方根刻度，使小的改变也可见。色带表示批次中各图的范围。",
  step: (number) => `第 ${number} 步`,

  lookahead: "前瞻",
  decoding: "解码",
  scoring: "评分",
  sampling: "采样",
  reused: "已复用",
  calls: (count) => `${count} 次模型调用`,
  callHelp: "一次模型调用是对一张图的一次预测。cfg 不为 1 时，模型要为它运行两次。",
  skipped: "仅由前瞻样本决定的步会跳过模型调用。",

  play: "播放或停止（空格键）",
  follow: "跟随此样本",
  followToo: "也跟随此样本",
  letReward: "由奖励选择",
  chosen: "已选",
  youChose: (samples) => `你选择了样本 ${samples.join("、")}。`,
  andFollows: "它会按你的选择跟随此样本。",
  mayFollowAnother: "它仍可能跟随另一个样本：请同时选择“跟随此样本”。",
  save: "保存此样本",
  copySeed: "复制种子",
  seedCopied: "已复制种子",
  seedIs: "种子为",
  useNoise: "使用此噪声",
  noiseSet: "已设置噪声",
  noiseNotSet: "未设置噪声",
  startsFrom: (sampler, seed) => `${sampler} 的第一张图从此样本的噪声开始：种子 ${seed}，已固定。`,
  noSampler: "在同一张图中，此节点之后没有带种子的采样器。",
  seedWired: (seed, sampler) => `${sampler} 的 ${seed} 已连线：请在其来源处设置。`,
  better: "更好的样本",
  next: "下一个样本",
  close: "关闭",
  actions: "对此样本的操作",

  vote: {
    empty: "运行后，成对的图像显示在这里。",
    ask: (pair, pairs) => `第 ${pair} 对，共 ${pairs} 对：点击更好的图像。`,
    left: "左图",
    right: "右图",
    neither: "不分高下",
    count: "统计投票",
    again: "重新开始",
    done: "本次运行的每一对都已评判。换一个种子再运行，可得到更多。",
    nothing: "还没有偏好任何图像。",
    result: (name, chosen, pairs, share, low, high) =>
      `${pairs} 对中，你有 ${chosen} 对偏好 ${name}（${share}%，95% 区间为 ${low}% 到 ${high}%）。`,
    prefers: (name) => `你偏好 ${name}。`,
    chance: "这可能是偶然。",
    undecided: (pairs) => `另有 ${pairs} 对不分高下。`,
  },
};

const ja = {
  phases: { lookahead: "先読み中", decoding: "デコード中", scoring: "採点中", measuring: "測定中", sampling: "サンプリング中" },
  left: (time) => `残り約 ${time}`,
  stale: "前回の実行の結果",
  emptyPrompt: "空欄：ポジティブプロンプトを使います",
  empty: "実行すると、先読みサンプルがここに表示されます",
  summary: (count, best, mean) => `${count} サンプル、最高 ${best}、平均 ${mean}`,
  missed:
    "この実行は ComfyUI のキャッシュから返され、そこにはこの結果がありません。プロンプトか先読みの設定を変えると、サンプルが新しく描かれます。",

  plan: (samples, steps, measuring) =>
    `先読み：${samples} x ${steps} ステップ + ${measuring} = 呼び出し ${samples * steps + measuring} 回`,
  worth: (pictures) => `（画像約 ${pictures} 枚分）`,
  ownSteps: (own, steps) => `、その後は 1 枚に ${steps} 中 ${own} ステップ。`,
  steps: (steps) => `、その後は 1 枚に最大 ${steps} ステップ。`,
  planHelp: "ステップに足される分は、サンプルにどこまで従うべきかの測定です。先読みはプロンプトごとに 1 回で、シード、ステップ数、強さを変えても再利用されます。モデルを呼ぶステップ数は前回の実行によります。",
  off: (steps) => `強さ 0：KSampler とまったく同じで、1 枚につき ${steps} ステップです。先読みは行いません。`,

  samples: "先読みサンプル（良い順）",
  beingDrawn: "描画中の先読みサンプル（採点前）",
  sample: (number, count) => `先読みサンプル ${number}（全 ${count} 個）`,
  reward: (number, value) => `#${number}：報酬 ${value}`,
  led: (share) => `ガイドされたステップの ${share} を主導`,
  seed: (seed) => `シード ${seed}`,
  scoredFor: (prompt) => `採点に使ったプロンプト：${prompt}`,
  onAverage: (reward) => `平均 ${reward}`,
  ownRewards: (own) => `画像の報酬：${own}。`,
  ownBesideSamples: (own, mean, best) => `画像の報酬：${own}。先読みサンプルは平均 ${mean}、最高 ${best}。`,
  followed: "追従",
  followedBy: (pictures) => `画像 ${pictures}`,
  allFollowed: (count, sample) =>
    count === 1 ? `画像はサンプル ${sample} に追従。` : `${count} 枚すべてがサンプル ${sample} に追従。`,
  someFollowed: (pictures, sample) => `${ranges(pictures).join("、")} 枚目はサンプル ${sample} に追従。`,
  shared: (count) => `平均 ${count} サンプルが共に主導。`,
  ledTo: (step, steps) => `サンプルは ${steps} 中 ${step} ステップまで主導、以後はモデル。`,
  ledAll: "サンプルが全ステップを主導。",
  handedOver: (ratio) => `ノイズと信号の比が ${ratio} のところでモデルに引き継ぎました。`,
  tooRough: "モデルはサンプルの構図さえ認めず、サンプルなしで描きました。先読みのステップ数を増やすか、より良いモデルを使ってください。",
  chosenTooRough: "モデルは構図さえ認めませんが、選ばれたサンプルが構図を導きました。",

  change: "LiDAR が各ステップを変えた大きさ",
  changeHelp:
    "各ステップの変化の大きさを、モデル自身の予測と比べたものです。小さな変化も見えるように平方根の目盛りです。帯はバッチの画像の範囲です。",
  step: (number) => `ステップ ${number}`,

  lookahead: "先読み",
  decoding: "デコード",
  scoring: "採点",
  sampling: "サンプリング",
  reused: "再利用",
  calls: (count) => `呼び出し ${count} 回`,
  callHelp: "モデル呼び出し 1 回は、画像 1 枚の予測 1 回です。cfg が 1 以外なら、そのためにモデルは 2 回動きます。",
  skipped: "先読みサンプルだけで決まるステップでは、モデルの呼び出しを省きます。",

  play: "再生または停止（スペースキー）",
  follow: "これに従う",
  followToo: "これにも従う",
  letReward: "報酬に任せる",
  chosen: "選択",
  youChose: (samples) => `サンプル ${samples.join("、")} を選びました。`,
  andFollows: "選んだとおり、このサンプルに従います。",
  mayFollowAnother: "別のサンプルに従うこともあります。「これに従う」も選んでください。",
  save: "保存する",
  copySeed: "シードをコピー",
  seedCopied: "シードをコピーしました",
  seedIs: "シード",
  useNoise: "このノイズを使う",
  noiseSet: "ノイズを設定しました",
  noiseNotSet: "ノイズを設定できません",
  startsFrom: (sampler, seed) =>
    `${sampler} の最初の画像はこのサンプルのノイズから始まります（シード ${seed}、固定）。`,
  noSampler: "同じグラフの中で、このノードの後にシードを持つサンプラーがありません。",
  seedWired: (seed, sampler) => `${sampler} の ${seed} は接続されています。接続元で設定してください。`,
  better: "より良いサンプル",
  next: "次のサンプル",
  close: "閉じる",
  actions: "このサンプルの操作",

  vote: {
    empty: "実行すると、画像の組がここに表示されます。",
    ask: (pair, pairs) => `${pairs} 組中 ${pair} 組目：良いほうの画像をクリックしてください。`,
    left: "左の画像",
    right: "右の画像",
    neither: "どちらでもない",
    count: "集計する",
    again: "最初から",
    done: "この実行の組はすべて判定しました。シードを変えて実行すると、組が増えます。",
    nothing: "まだどちらも選ばれていません。",
    result: (name, chosen, pairs, share, low, high) =>
      `${pairs} 組中 ${chosen} 組で ${name} を選びました（${share} %、95 % 区間は ${low} ～ ${high} %）。`,
    prefers: (name) => `${name} のほうが好まれています。`,
    chance: "偶然かもしれません。",
    undecided: (pairs) => `ほかに引き分けが ${pairs} 組あります。`,
  },
};

const ko = {
  phases: { lookahead: "미리보기 샘플링 중", decoding: "디코딩 중", scoring: "채점 중", measuring: "측정 중", sampling: "샘플링 중" },
  left: (time) => `약 ${time} 남음`,
  stale: "이전 실행의 결과",
  emptyPrompt: "비워 두면 긍정 프롬프트를 씁니다",
  empty: "실행하면 미리보기 샘플이 여기에 표시됩니다",
  summary: (count, best, mean) => `샘플 ${count}개, 최고 ${best}, 평균 ${mean}`,
  missed:
    "이번 실행은 ComfyUI 캐시에서 나왔고, 캐시에는 이 결과가 없습니다. 프롬프트나 미리보기 설정을 바꾸면 샘플을 새로 그립니다.",

  plan: (samples, steps, measuring) =>
    `미리보기: ${samples} x ${steps}스텝 + ${measuring} = 모델 호출 ${samples * steps + measuring}회`,
  worth: (pictures) => `, 이미지 약 ${pictures}장 분량`,
  ownSteps: (own, steps) => `, 그다음 이미지마다 ${steps}스텝 중 ${own}스텝.`,
  steps: (steps) => `, 그다음 이미지마다 최대 ${steps}스텝.`,
  planHelp: "스텝에 더해진 만큼은 샘플을 어디까지 따를지 재는 데 듭니다. 미리보기는 프롬프트당 한 번이며, 시드, 스텝 수, 강도를 바꿔도 다시 씁니다. 모델을 부르는 스텝 수는 지난 실행에서 가져옵니다.",
  off: (steps) => `강도 0: KSampler와 똑같이 이미지마다 ${steps}스텝이며, 미리보기를 하지 않습니다.`,

  samples: "미리보기 샘플, 좋은 순서",
  beingDrawn: "그리는 중인 미리보기 샘플(채점 전)",
  sample: (number, count) => `미리보기 샘플 ${number} (전체 ${count}개)`,
  reward: (number, value) => `#${number}: 보상 ${value}`,
  led: (share) => `가이드된 스텝의 ${share}를 주도`,
  seed: (seed) => `시드 ${seed}`,
  scoredFor: (prompt) => `채점에 쓴 프롬프트: ${prompt}`,
  onAverage: (reward) => `평균 ${reward}`,
  ownRewards: (own) => `내 이미지의 보상: ${own}.`,
  ownBesideSamples: (own, mean, best) => `내 이미지의 보상: ${own}. 미리보기 샘플은 평균 ${mean}, 최고 ${best}.`,
  followed: "따름",
  followedBy: (pictures) => `이미지 ${pictures}`,
  allFollowed: (count, sample) =>
    count === 1 ? `이미지가 샘플 ${sample}을 따랐습니다.` : `이미지 ${count}장이 모두 샘플 ${sample}을 따랐습니다.`,
  someFollowed: (pictures, sample) => `이미지 ${ranges(pictures).join(", ")}이(가) 샘플 ${sample}을 따랐습니다.`,
  shared: (count) => `평균적으로 샘플 ${count}개가 함께 주도했습니다.`,
  ledTo: (step, steps) => `샘플이 ${steps}스텝 중 ${step}스텝까지 주도하고, 그다음은 모델이 그렸습니다.`,
  ledAll: "샘플이 모든 스텝을 주도했습니다.",
  handedOver: (ratio) => `노이즈 대 신호 비 ${ratio}에서 모델에 넘겼습니다.`,
  tooRough:
    "모델이 샘플의 구도조차 인정하지 않아 샘플 없이 그렸습니다. 미리보기 스텝을 늘리거나 더 좋은 모델로 미리보기를 하십시오.",
  chosenTooRough: "모델은 구도조차 인정하지 않지만, 고르신 샘플이 구도를 이끌었습니다.",

  change: "LiDAR가 각 스텝을 바꾼 정도",
  changeHelp:
    "각 스텝이 바뀐 크기를 모델 자체의 예측과 견준 것입니다. 작은 변화도 보이도록 제곱근 눈금을 씁니다. 띠는 배치 이미지들의 범위입니다.",
  step: (number) => `스텝 ${number}`,

  lookahead: "미리보기",
  decoding: "디코딩",
  scoring: "채점",
  sampling: "샘플링",
  reused: "재사용",
  calls: (count) => `모델 호출 ${count}회`,
  callHelp: "모델 호출 한 번은 이미지 한 장의 예측 한 번입니다. cfg가 1이 아니면 그때마다 모델이 두 번 돕니다.",
  skipped: "미리보기 샘플만으로 정해지는 스텝은 모델 호출을 건너뜁니다.",

  play: "재생 또는 정지(스페이스 키)",
  follow: "이 샘플 따르기",
  followToo: "이 샘플도 따르기",
  letReward: "보상에 맡기기",
  chosen: "선택",
  youChose: (samples) => `샘플 ${samples.join(", ")}을(를) 골랐습니다.`,
  andFollows: " 고른 대로 이 샘플을 따릅니다.",
  mayFollowAnother: " 다른 샘플을 따를 수도 있습니다. 이 샘플 따르기도 고르십시오.",
  save: "이 샘플 저장",
  copySeed: "시드 복사",
  seedCopied: "시드를 복사했습니다",
  seedIs: "시드",
  useNoise: "이 노이즈 사용",
  noiseSet: "노이즈를 설정했습니다",
  noiseNotSet: "노이즈를 설정하지 못했습니다",
  startsFrom: (sampler, seed) =>
    `${sampler}의 첫 이미지가 이 샘플의 노이즈에서 시작합니다(시드 ${seed}, 고정).`,
  noSampler: "같은 그래프에서 이 노드 뒤에 시드가 있는 샘플러가 없습니다.",
  seedWired: (seed, sampler) => `${sampler}의 ${seed}이(가) 연결되어 있습니다. 연결된 곳에서 설정하십시오.`,
  better: "더 좋은 샘플",
  next: "다음 샘플",
  close: "닫기",
  actions: "이 샘플로 할 일",

  vote: {
    empty: "실행하면 이미지 쌍이 여기에 표시됩니다.",
    ask: (pair, pairs) => `${pairs}쌍 중 ${pair}번째: 더 좋은 이미지를 클릭하십시오.`,
    left: "왼쪽 이미지",
    right: "오른쪽 이미지",
    neither: "비슷함",
    count: "집계하기",
    again: "처음부터",
    done: "이번 실행의 쌍을 모두 판정했습니다. 시드를 바꿔 실행하면 쌍이 늘어납니다.",
    nothing: "아직 고른 이미지가 없습니다.",
    result: (name, chosen, pairs, share, low, high) =>
      `${pairs}쌍 중 ${chosen}쌍에서 ${name} 쪽을 골랐습니다(${share} %, 95 % 구간 ${low}~${high} %).`,
    prefers: (name) => `${name} 쪽을 더 좋아합니다.`,
    chance: "우연일 수 있습니다.",
    undecided: (pairs) => `그 밖에 비긴 쌍이 ${pairs}개 있습니다.`,
  },
};

export const LANGUAGES = { en, zh, ja, ko };

/** The words of a page whose language is `code`, such as "zh-TW"; English where there are none. */
export function wordsOf(code = "en") {
  return LANGUAGES[code] ?? LANGUAGES[code.split("-")[0]] ?? en;
}
