// The server's sentences in the pack's languages: what an error, the panel's notes and its warnings say.

/**
 * Each row: English as the server says it, then Chinese, Japanese and Korean. {0}, {1} and so on are what the server fills
 * in, in the order of the English; a filled-in part that is a row of its own is translated too.
 */
const SENTENCES = [
  // Samplers, lookahead and guidance
  [
    "Strength is 0: sampled exactly as KSampler does.",
    "强度为 0：与 KSampler 采样完全相同。",
    "強さが 0 です。KSampler とまったく同じにサンプリングしました。",
    "강도가 0입니다. KSampler와 똑같이 샘플링했습니다.",
  ],
  [
    "{0} is 0: sampled without guidance.",
    "{0} 为 0：采样时没有引导。",
    "{0} が 0 です。ガイダンスなしでサンプリングしました。",
    "{0}이(가) 0입니다. 가이던스 없이 샘플링했습니다.",
  ],
  ["Strength", "强度", "強さ", "강도"],
  ["The reward's weight", "奖励权重", "報酬の重み", "보상 가중치"],
  [
    "The lookahead pool has only one sample, which leaves nothing to choose, so the picture is sampled without guidance: set the lookahead's samples to 2 or more.",
    "前瞻样本池只有一个样本，无从选择，因此采样时没有引导：请把前瞻的样本数设为 2 或更多。",
    "先読みプールにはサンプルが 1 つしかなく、選べません。そのためガイダンスなしで描きました。先読みのサンプル数を 2 以上にしてください。",
    "미리보기 풀에 샘플이 하나뿐이라 고를 수 없어 가이던스 없이 그렸습니다. 미리보기의 샘플 수를 2 이상으로 하십시오.",
  ],
  [
    "All {0} lookahead samples have the same reward ({1}), so the picture is sampled without guidance: use a reward that tells these pictures apart.",
    "全部 {0} 个前瞻样本的奖励相同（{1}），因此采样时没有引导：请使用能区分这些图像的奖励。",
    "先読みサンプル {0} 個の報酬がすべて同じです（{1}）。そのためガイダンスなしで描きました。これらの画像を見分ける報酬を使ってください。",
    "미리보기 샘플 {0}개의 보상이 모두 같아({1}) 가이던스 없이 그렸습니다. 이 이미지들을 구별하는 보상을 쓰십시오.",
  ],
  [
    "This pool has no sample {0}, which follow names, so {1}: choose another sample in the panel, or empty follow.",
    "样本池中没有“跟随”所指的样本 {0}，因此{1}：请在面板中另选一个样本，或清空“跟随”。",
    "「従うサンプル」が指すサンプル {0} はこのプールにありません。そのため{1}。パネルで別のサンプルを選ぶか、「従うサンプル」を空にしてください。",
    "‘따를 샘플’이 가리키는 샘플 {0}이(가) 이 풀에 없어 {1}. 패널에서 다른 샘플을 고르거나 ‘따를 샘플’을 비우십시오.",
  ],
  ["the others are followed", "跟随其余的样本", "残りのサンプルに従います", "나머지 샘플을 따릅니다"],
  ["the reward chooses", "由奖励选择", "報酬が選びます", "보상이 고릅니다"],
  [
    "follow holds {0}, which names no lookahead sample: give seeds of samples, as the panel shows them, or ranks such as #1 for the best, separated by commas.",
    "“跟随”中的 {0} 不是前瞻样本：请填写面板所示的样本种子，或名次（如 #1 表示最佳），用逗号分隔。",
    "「従うサンプル」の {0} は先読みサンプルを指していません。パネルが示すシードか、#1（最良）のような順位を、コンマで区切って書いてください。",
    "‘따를 샘플’의 {0}은(는) 미리보기 샘플이 아닙니다. 패널에 보이는 시드나 #1(가장 좋은 것) 같은 순위를 쉼표로 구분해 쓰십시오.",
  ],
  [
    "The latent being sampled has the shape {0} but the lookahead pool's samples have {1}: draw the pool at the size that is sampled.",
    "正在采样的 Latent 形状为 {0}，而前瞻样本池的样本为 {1}：请按采样的尺寸抽取样本池。",
    "サンプリング中の潜在の形は {0} ですが、先読みプールのサンプルは {1} です。同じサイズでプールを描いてください。",
    "샘플링 중인 잠재의 모양은 {0}인데 미리보기 풀의 샘플은 {1}입니다. 같은 크기로 풀을 뽑으십시오.",
  ],
  [
    "The pool's latents are of the format {0} but the model samples {1} latents: draw the pool with a model of the same family.",
    "样本池的 Latent 格式为 {0}，而模型采样的是 {1}：请用同一系列的模型抽取样本池。",
    "プールの潜在の形式は {0} ですが、モデルは {1} をサンプリングします。同じ系統のモデルでプールを描いてください。",
    "풀의 잠재 형식은 {0}인데 모델은 {1}을(를) 샘플링합니다. 같은 계열의 모델로 풀을 뽑으십시오.",
  ],
  [
    "The pool was not measured with this model, and the guider has no conditioning to measure it with: set handover on LiDAR Guidance, or wire a guider with a conditioning.",
    "样本池未用此模型测量，而引导器没有可用来测量的条件：请在“LiDAR 引导”上设置 handover，或连接带条件的引导器。",
    "プールはこのモデルで測定されておらず、ガイダーには測定に使う条件がありません。「LiDAR ガイダンス」の handover を設定するか、条件のあるガイダーをつないでください。",
    "풀이 이 모델로 측정되지 않았고 가이더에는 측정에 쓸 조건이 없습니다. ‘LiDAR 가이던스’의 handover를 정하거나 조건이 있는 가이더를 연결하십시오.",
  ],
  [
    "The latent that is sampled is nested, several tensors of different shapes (such as sound beside video), which LiDAR cannot guide: take LiDAR Guidance off this model.",
    "采样的 Latent 是嵌套的，由多个不同形状的张量组成（例如视频加声音），LiDAR 无法引导：请从此模型上移除“LiDAR 引导”。",
    "サンプリングする潜在は入れ子で、形の違う複数のテンソルからなります（動画と音声など）。LiDAR では導けません。このモデルから「LiDAR ガイダンス」を外してください。",
    "샘플링하는 잠재가 모양이 다른 여러 텐서(동영상과 소리 등)로 되어 있어 LiDAR가 이끌 수 없습니다. 이 모델에서 ‘LiDAR 가이던스’를 빼십시오.",
  ],
  [
    "{0} holds nested latents, several tensors of different shapes (such as sound beside video), which LiDAR cannot score or guide: separate them first, or sample this model without LiDAR.",
    "{0} 中的 Latent 是嵌套的，由多个不同形状的张量组成（例如视频加声音），LiDAR 无法评分或引导：请先拆开，或不用 LiDAR 采样此模型。",
    "{0} の潜在は入れ子で、形の違う複数のテンソルからなります（動画と音声など）。LiDAR では採点も誘導もできません。先に分けるか、LiDAR なしでサンプリングしてください。",
    "{0}의 잠재가 모양이 다른 여러 텐서(동영상과 소리 등)로 되어 있어 LiDAR가 채점하거나 이끌 수 없습니다. 먼저 나누거나 LiDAR 없이 샘플링하십시오.",
  ],
  [
    "The {0} has {1} latents and the sampler's model {2} latents: wire a {3} of the same family, or none.",
    "{0} 的 Latent 为 {1}，而采样器的模型为 {2}：请连接同一系列的 {3}，或不连接。",
    "{0} の潜在は {1} ですが、サンプラーのモデルは {2} です。同じ系統の {3} をつなぐか、何もつながないでください。",
    "{0}의 잠재는 {1}인데 샘플러의 모델은 {2}입니다. 같은 계열의 {3}을(를) 연결하거나 연결하지 마십시오.",
  ],
  ["lookahead model", "前瞻模型", "先読みモデル", "미리보기 모델"],
  ["low_noise_model", "低噪声模型", "低ノイズモデル", "저노이즈 모델"],
  [
    "The lookahead's sigmas have the shape {0} and make no step: wire 2 or more falling noise levels, or none.",
    "前瞻的 sigmas 形状为 {0}，连一步也没有：请连接 2 个或更多递减的噪声水平，或不连接。",
    "先読みのシグマの形は {0} で、1 ステップにもなりません。下がっていくノイズの値を 2 つ以上つなぐか、何もつながないでください。",
    "미리보기의 시그마 모양이 {0}이라 한 스텝도 되지 않습니다. 낮아지는 노이즈 값을 2개 이상 연결하거나 연결하지 마십시오.",
  ],
  [
    "The model {0} samples by {1}, which LiDAR cannot guide: it does not noise latents in a known way. Use it without LiDAR.",
    "模型 {0} 按 {1} 采样，LiDAR 无法引导：它加噪声的方式未知。请不用 LiDAR 使用它。",
    "モデル {0} は {1} でサンプリングし、ノイズの加え方が既知でないため LiDAR では導けません。LiDAR なしで使ってください。",
    "모델 {0}은(는) {1} 방식으로 샘플링하며 노이즈를 더하는 방법이 알려지지 않아 LiDAR가 이끌 수 없습니다. LiDAR 없이 쓰십시오.",
  ],
  [
    "The model {0} makes one video of the whole batch, and LiDAR guides each latent of a batch by itself. Use it without LiDAR.",
    "模型 {0} 把整个批次做成一个视频，而 LiDAR 分别引导批次中的每个 Latent。请不用 LiDAR 使用它。",
    "モデル {0} はバッチ全体で 1 本の動画を作りますが、LiDAR はバッチの潜在を 1 つずつ導きます。LiDAR なしで使ってください。",
    "모델 {0}은(는) 배치 전체로 동영상 하나를 만들지만 LiDAR는 배치의 잠재를 하나씩 이끕니다. LiDAR 없이 쓰십시오.",
  ],
  [
    "The model {0} makes {1}, which no reward here can score. Score them yourself and wire LiDAR Pool from Scores into LiDAR Guidance, or sample this model without LiDAR.",
    "模型 {0} 生成{1}，这里没有奖励能为其评分。请自行评分，并把“LiDAR 由分数创建样本池”连接到“LiDAR 引导”，或不用 LiDAR 采样此模型。",
    "モデル {0} は{1}を作り、ここの報酬では採点できません。自分で採点して「LiDAR スコアからプールを作成」を「LiDAR ガイダンス」につなぐか、LiDAR なしでサンプリングしてください。",
    "모델 {0}은(는) {1}을(를) 만들며 여기의 보상으로는 채점할 수 없습니다. 직접 채점해 ‘LiDAR 점수로 풀 만들기’를 ‘LiDAR 가이던스’에 연결하거나 LiDAR 없이 샘플링하십시오.",
  ],
  ["3-D shapes", "3D 形状", "3D 形状", "3D 형상"],
  ["3-D splats", "3D 高斯点", "3D スプラット", "3D 스플랫"],
  [
    "The VAE decodes these latents to {0}, which no reward can score: rewards score pictures, videos of RGB frames, and sounds. Check that the VAE belongs to the model, or sample this model without LiDAR.",
    "VAE 把这些 Latent 解码为{0}，没有奖励能为其评分：奖励可为图像、RGB 视频和声音评分。请检查 VAE 是否属于该模型，或不用 LiDAR 采样此模型。",
    "VAE はこの潜在を{0}にデコードし、報酬では採点できません。報酬が採点するのは画像、RGB の動画、音声です。VAE がモデルのものか確かめるか、LiDAR なしでサンプリングしてください。",
    "VAE가 이 잠재를 {0}(으)로 디코딩해 보상이 채점할 수 없습니다. 보상은 이미지, RGB 동영상, 소리를 채점합니다. VAE가 모델의 것인지 확인하거나 LiDAR 없이 샘플링하십시오.",
  ],
  ["layers of RGBA", " RGBA 图层", " RGBA レイヤー", "RGBA 레이어"],
  ["something of the shape {0}", "形状为 {0} 的内容", "形が {0} のもの", "모양이 {0}인 것"],

  // The prompt that a reward reads
  [
    "The reward reads the prompt, but upstream of positive it comes from the node {0}, which makes it while running: wire that text to reward_prompt as well.",
    "奖励要读取提示词，但“正面条件”上游的提示词来自节点 {0}，它在运行时才生成：请把该文本也连接到“奖励提示词”。",
    "報酬はプロンプトを読みますが、「ポジティブ」の上流ではノード {0} が実行中に作ります。そのテキストを「採点用プロンプト」にもつないでください。",
    "보상은 프롬프트를 읽는데 ‘긍정 조건’의 앞쪽에서는 노드 {0}이(가) 실행 중에 만듭니다. 그 텍스트를 ‘채점용 프롬프트’에도 연결하십시오.",
  ],
  [
    "The reward reads the prompt, and upstream of positive there is {0}: write the text that pictures are scored by into reward_prompt, or wire it there.",
    "奖励要读取提示词，而“正面条件”上游有 {0}：请把评分所用的文本写入“奖励提示词”，或连接到那里。",
    "報酬はプロンプトを読みますが、「ポジティブ」の上流にあるのは {0} です。採点に使うテキストを「採点用プロンプト」に書くか、つないでください。",
    "보상은 프롬프트를 읽는데 ‘긍정 조건’의 앞쪽에 있는 것은 {0}입니다. 채점에 쓸 텍스트를 ‘채점용 프롬프트’에 쓰거나 연결하십시오.",
  ],
  ["no text", "没有文本", "テキストなし", "텍스트 없음"],
  [
    "The prompt is empty, but the reward {0} reads it: write what the samples should show, or wire the text that they were drawn of.",
    "提示词为空，但奖励 {0} 要读取它：请写明样本应显示什么，或连接绘制时所用的文本。",
    "プロンプトが空ですが、報酬 {0} はそれを読みます。サンプルに写るべきものを書くか、描いたときのテキストをつないでください。",
    "프롬프트가 비어 있는데 보상 {0}은(는) 그것을 읽습니다. 샘플이 보여야 할 것을 쓰거나 그릴 때 쓴 텍스트를 연결하십시오.",
  ],

  // Reward files
  [
    "{0}: put a file such as PickScore ({1}) into the folder {2}, press R, and choose it in reward_name. LiDAR Reward Metric needs no file.",
    "{0}：请把 PickScore（{1}）之类的文件放入文件夹 {2}，按 R 键，再在“奖励模型文件”中选择它。“LiDAR 指标奖励”不需要文件。",
    "{0}。PickScore（{1}）などのファイルをフォルダー {2} に置き、R キーを押して「報酬ファイル」で選んでください。「LiDAR 指標による報酬」にファイルは要りません。",
    "{0}. PickScore({1}) 같은 파일을 폴더 {2}에 넣고 R 키를 누른 다음 ‘보상 파일’에서 고르십시오. ‘LiDAR 지표 보상’에는 파일이 필요 없습니다.",
  ],
  ["There is no reward model yet", "还没有奖励模型", "報酬モデルがまだありません", "보상 모델이 아직 없습니다"],
  ["{0} is not there", "找不到 {0}", "{0} がありません", "{0}이(가) 없습니다"],
  [
    "The picture tower {0} is not there: choose another file in picture_tower.",
    "找不到图像编码塔 {0}：请在“图像编码塔”中选择另一个文件。",
    "画像タワー {0} がありません。「画像タワー」で別のファイルを選んでください。",
    "이미지 타워 {0}이(가) 없습니다. ‘이미지 타워’에서 다른 파일을 고르십시오.",
  ],
  [
    "The file {0} {1}",
    "文件 {0} {1}",
    "ファイル {0} は{1}",
    "파일 {0}은(는) {1}",
  ],
  [
    "is damaged, or holds no weights: download it again, or choose another file.",
    "已损坏，或不含权重：请重新下载，或选择另一个文件。",
    "壊れているか、重みを含みません。もう一度ダウンロードするか、別のファイルを選んでください。",
    "손상되었거나 가중치가 없습니다. 다시 내려받거나 다른 파일을 고르십시오.",
  ],
  [
    "cannot be read ({0}): check that it is there and that ComfyUI may read it.",
    "无法读取（{0}）：请检查它是否存在，以及 ComfyUI 是否有权读取。",
    "読めません（{0}）。ファイルがあり、ComfyUI が読めるか確かめてください。",
    "읽을 수 없습니다({0}). 파일이 있고 ComfyUI가 읽을 수 있는지 확인하십시오.",
  ],
  [
    "The reward file {0} is not {1} but {2}: choose that in type, or auto.",
    "奖励文件 {0} 不是 {1}，而是 {2}：请在“类型”中选择它，或选 auto。",
    "報酬ファイル {0} は {1} ではなく {2} です。「種類」でそれか auto を選んでください。",
    "보상 파일 {0}은(는) {1}이(가) 아니라 {2}입니다. ‘종류’에서 그것이나 auto를 고르십시오.",
  ],
  [
    "The reward file {0} can be {1}: they have the same tensors but read pictures and text differently. Say which it is in type.",
    "奖励文件 {0} 可能是 {1}：它们的张量相同，但读取图像和文本的方式不同。请在“类型”中说明是哪一种。",
    "報酬ファイル {0} は {1} のいずれかです。テンソルは同じですが、画像とテキストの読み方が違います。「種類」で指定してください。",
    "보상 파일 {0}은(는) {1}일 수 있습니다. 텐서는 같지만 이미지와 텍스트를 읽는 방법이 다릅니다. ‘종류’에서 지정하십시오.",
  ],
  [
    "The reward file {0} is of no kind that LiDAR knows (its first tensor is {1}): choose another file. docs/rewards.md lists the known kinds.",
    "奖励文件 {0} 不是 LiDAR 认识的类型（其第一个张量为 {1}）：请选择另一个文件。docs/rewards.md 列出了已知的类型。",
    "報酬ファイル {0} は LiDAR の知る種類ではありません（最初のテンソルは {1}）。別のファイルを選んでください。既知の種類は docs/rewards.md にあります。",
    "보상 파일 {0}은(는) LiDAR가 아는 종류가 아닙니다(첫 텐서: {1}). 다른 파일을 고르십시오. 아는 종류는 docs/rewards.md에 있습니다.",
  ],
  [
    "The head {0} reads {1} numbers but the tower {2} gives {3}: choose the tower that this head was trained on in picture_tower.",
    "头部 {0} 读取 {1} 个数，而编码塔 {2} 给出 {3} 个：请在“图像编码塔”中选择训练此头部所用的编码塔。",
    "ヘッド {0} は {1} 個の数を読みますが、タワー {2} は {3} 個を出します。このヘッドを訓練したタワーを「画像タワー」で選んでください。",
    "헤드 {0}은(는) 숫자 {1}개를 읽는데 타워 {2}은(는) {3}개를 냅니다. 이 헤드를 학습한 타워를 ‘이미지 타워’에서 고르십시오.",
  ],
  [
    "The file {0} is only the head of {1}: choose the picture tower it was trained on in picture_tower, {2}.",
    "文件 {0} 只是 {1} 的头部：请在“图像编码塔”中选择训练它所用的编码塔，即 {2}。",
    "ファイル {0} は {1} のヘッドだけです。訓練に使った画像タワー（{2}）を「画像タワー」で選んでください。",
    "파일 {0}은(는) {1}의 헤드뿐입니다. 학습에 쓴 이미지 타워({2})를 ‘이미지 타워’에서 고르십시오.",
  ],
  [
    "The file {0} projects pictures to {1} numbers but text to {2}: its two towers do not belong together. Download it again.",
    "文件 {0} 把图像投影为 {1} 个数，把文本投影为 {2} 个数：它的两个编码塔不相配。请重新下载。",
    "ファイル {0} は画像を {1} 個、テキストを {2} 個の数に写します。2 つのタワーが合いません。もう一度ダウンロードしてください。",
    "파일 {0}은(는) 이미지를 숫자 {1}개로, 텍스트를 {2}개로 나타냅니다. 두 타워가 맞지 않으니 다시 내려받으십시오.",
  ],

  // What a reward can score
  [
    "The reward {0} scores sounds, but was given {1}: wire a reward for {2}, or a VAE that decodes to sound.",
    "奖励 {0} 为声音评分，但得到的是{1}：请连接为{2}评分的奖励，或解码为声音的 VAE。",
    "報酬 {0} は音声を採点しますが、渡されたのは{1}です。{2}の報酬か、音声にデコードする VAE をつないでください。",
    "보상 {0}은(는) 소리를 채점하는데 {1}이(가) 들어왔습니다. {2}의 보상이나 소리로 디코딩하는 VAE를 연결하십시오.",
  ],
  [
    "The reward {0} scores {1}, but was given sounds: wire a reward for sound, such as LiDAR Audio Metric.",
    "奖励 {0} 为{1}评分，但得到的是声音：请连接为声音评分的奖励，例如“LiDAR 音频指标”。",
    "報酬 {0} は{1}を採点しますが、渡されたのは音声です。「LiDAR 音声の指標」など音声の報酬をつないでください。",
    "보상 {0}은(는) {1}을(를) 채점하는데 소리가 들어왔습니다. ‘LiDAR 오디오 지표’ 같은 소리의 보상을 연결하십시오.",
  ],
  ["pictures", "图像", "画像", "이미지"],
  ["videos", "视频", "動画", "동영상"],
  ["sounds", "声音", "音声", "소리"],
  ["pictures and videos", "图像和视频", "画像と動画", "이미지와 동영상"],
  [
    "The reward {0} scores how a video moves, but was given single pictures: sample a video.",
    "奖励 {0} 为视频的运动评分，但得到的是单张图像：请采样视频。",
    "報酬 {0} は動画の動きを採点しますが、渡されたのは静止画です。動画をサンプリングしてください。",
    "보상 {0}은(는) 동영상의 움직임을 채점하는데 낱장 이미지가 들어왔습니다. 동영상을 샘플링하십시오.",
  ],
  [
    "The reward {0} scores pictures of 1, 3 or 4 channels (grey, RGB, RGBA), but these have {1}: wire a VAE that decodes to pictures.",
    "奖励 {0} 为 1、3 或 4 通道（灰度、RGB、RGBA）的图像评分，但这些图像有 {1} 个通道：请连接解码为图像的 VAE。",
    "報酬 {0} は 1、3、4 チャンネル（グレー、RGB、RGBA）の画像を採点しますが、これは {1} チャンネルです。画像にデコードする VAE をつないでください。",
    "보상 {0}은(는) 1, 3, 4채널(회색, RGB, RGBA) 이미지를 채점하는데 이것은 {1}채널입니다. 이미지로 디코딩하는 VAE를 연결하십시오.",
  ],
  [
    "The reward {0} scores pictures of the shape (n, height, width, channels), but was given a tensor of the shape {1}: wire decoded images.",
    "奖励 {0} 为形状为（n，高，宽，通道）的图像评分，但得到的张量形状为 {1}：请连接解码后的图像。",
    "報酬 {0} は形が（n、高さ、幅、チャンネル）の画像を採点しますが、渡されたテンソルの形は {1} です。デコードした画像をつないでください。",
    "보상 {0}은(는) 모양이 (n, 높이, 너비, 채널)인 이미지를 채점하는데 모양이 {1}인 텐서가 들어왔습니다. 디코딩한 이미지를 연결하십시오.",
  ],
  [
    "The rewards {0} have nothing in common that they can score: mix rewards for pictures and videos, or rewards for sounds.",
    "奖励 {0} 没有共同能评分的内容：请混合为图像和视频评分的奖励，或为声音评分的奖励。",
    "報酬 {0} には共通して採点できるものがありません。画像と動画の報酬どうし、または音声の報酬どうしを混ぜてください。",
    "보상 {0}에는 함께 채점할 수 있는 것이 없습니다. 이미지와 동영상의 보상끼리, 또는 소리의 보상끼리 섞으십시오.",
  ],
  [
    "The weights of a reward mix must be 0 or more, and at least one more than 0: they are {0}.",
    "混合奖励的权重必须为 0 或更大，且至少有一个大于 0：现在是 {0}。",
    "報酬のミックスの重みは 0 以上で、少なくとも 1 つは 0 より大きくなければなりません。今は {0} です。",
    "보상 혼합의 가중치는 0 이상이고 적어도 하나는 0보다 커야 합니다. 지금은 {0}입니다.",
  ],
  [
    "A gate needs two rewards: wire the one that decides to reward_1, another to reward_2.",
    "gate 需要两个奖励：请把起决定作用的连接到“奖励 1”，另一个连接到“奖励 2”。",
    "gate には報酬が 2 つ必要です。決めるほうを「報酬 1」に、もう 1 つを「報酬 2」につないでください。",
    "gate에는 보상이 두 개 필요합니다. 결정하는 것을 ‘보상 1’에, 다른 것을 ‘보상 2’에 연결하십시오.",
  ],
  [
    "A gate needs a reward that ranks those who pass: give weight_2 more than 0.",
    "gate 需要一个为通过者排序的奖励：请让“权重 2”大于 0。",
    "gate には通ったものを順位づける報酬が必要です。「重み 2」を 0 より大きくしてください。",
    "gate에는 통과한 것의 순위를 정할 보상이 필요합니다. ‘가중치 2’를 0보다 크게 하십시오.",
  ],
  [
    "The metric \"{0}\" compares with {1}: wire one to reference.",
    "指标“{0}”要与 {1} 比较：请连接到“参考图像”。",
    "指標「{0}」は {1} と比べます。「参照画像」につないでください。",
    "지표 ‘{0}’은(는) {1}과(와) 비교합니다. ‘참조 이미지’에 연결하십시오.",
  ],
  [
    "None of the {0} lookahead samples for the prompt {1} has a finite reward and latent: check that the reward model fits these pictures and that the lookahead settings decode.",
    "提示词 {1} 的 {0} 个前瞻样本中，没有一个的奖励和 Latent 是有限的数：请检查奖励模型是否适合这些图像，以及按前瞻设置能否正常解码。",
    "プロンプト {1} の先読みサンプル {0} 個に、報酬と潜在が有限のものがありません。報酬モデルがこの画像に合い、先読みの設定でデコードできるか確かめてください。",
    "프롬프트 {1}의 미리보기 샘플 {0}개 가운데 보상과 잠재가 유한한 것이 없습니다. 보상 모델이 이 이미지에 맞고 미리보기 설정으로 디코딩되는지 확인하십시오.",
  ],
  [
    "The lookahead pool's latents hold NaN or infinity: the lookahead model overflowed. Run it in a wider precision, or with a lower cfg.",
    "前瞻样本池的 Latent 含有 NaN 或无穷大：前瞻模型溢出了。请用更高的精度或更低的 cfg 运行。",
    "先読みプールの潜在に NaN か無限大があります。先読みモデルがあふれました。より広い精度か、低い cfg で動かしてください。",
    "미리보기 풀의 잠재에 NaN이나 무한대가 있습니다. 미리보기 모델이 넘쳤습니다. 더 넓은 정밀도나 낮은 cfg로 실행하십시오.",
  ],
  [
    "The lookahead pool is empty: draw at least 2 samples.",
    "前瞻样本池为空：请至少抽取 2 个样本。",
    "先読みプールが空です。サンプルを 2 個以上描いてください。",
    "미리보기 풀이 비어 있습니다. 샘플을 2개 이상 뽑으십시오.",
  ],

  // Checklists, detectors, text, questions
  [
    "Every line of the checklist has the weight 0: give at least one line more than * 0.",
    "检查清单每一行的权重都是 0：请让至少一行大于 * 0。",
    "チェックリストのすべての行の重みが 0 です。少なくとも 1 行を * 0 より大きくしてください。",
    "체크리스트의 모든 줄의 가중치가 0입니다. 적어도 한 줄은 * 0보다 크게 하십시오.",
  ],
  [
    "The checklist's line {0} has no question mark: write a question and its right answer, as in {1}.",
    "检查清单的行 {0} 没有问号：请写一个问题及其正确答案，例如 {1}。",
    "チェックリストの行 {0} に疑問符がありません。{1} のように、質問と正しい答えを書いてください。",
    "체크리스트의 줄 {0}에 물음표가 없습니다. {1}처럼 질문과 정답을 쓰십시오.",
  ],
  [
    "The checklist is empty and so is the prompt: write lines into it, or wire the prompt to the prompt input of the node that scores.",
    "检查清单和提示词都为空：请写入问题行，或把提示词连接到评分节点的提示词输入。",
    "チェックリストもプロンプトも空です。行を書くか、採点するノードのプロンプト入力につないでください。",
    "체크리스트도 프롬프트도 비어 있습니다. 줄을 쓰거나 채점하는 노드의 프롬프트 입력에 연결하십시오.",
  ],
  [
    "The question is empty: write what to ask about each picture, so that yes is good.",
    "问题为空：请写明要就每张图像问什么，使“是”代表好。",
    "質問が空です。「はい」が良いことになるように、各画像について尋ねることを書いてください。",
    "질문이 비어 있습니다. ‘예’가 좋은 뜻이 되도록 이미지마다 물을 것을 쓰십시오.",
  ],
  [
    "The CLIP wired to clip cannot see pictures and answer. {0}",
    "连接到 CLIP 的 CLIP 不能看图并回答。{0}",
    "CLIP につながれた CLIP は画像を見て答えられません。{0}",
    "CLIP에 연결된 CLIP은 이미지를 보고 답할 수 없습니다. {0}",
  ],
  [
    "The CLIP wired to clip holds a language model without its last layers, which cannot answer. {0}",
    "连接到 CLIP 的 CLIP 含有缺少最后几层的语言模型，不能回答。{0}",
    "CLIP につながれた CLIP の言語モデルには最後の層がなく、答えられません。{0}",
    "CLIP에 연결된 CLIP의 언어 모델에는 마지막 층이 없어 답할 수 없습니다. {0}",
  ],
  [
    "Wire a CLIP with a Qwen3-VL 4B or 8B text encoder (the Load CLIP node, any type but flux and flux2) or with Qwen2.5-VL 7B (type qwen_image), in a ComfyUI that can generate text with it (0.33 can, 0.12 cannot).",
    "请连接带 Qwen3-VL 4B 或 8B 文本编码器的 CLIP（“加载CLIP”节点，类型不要选 flux 和 flux2），或带 Qwen2.5-VL 7B 的（类型 qwen_image），并使用能用它生成文本的 ComfyUI（0.33 可以，0.12 不行）。",
    "Qwen3-VL 4B か 8B のテキストエンコーダーの CLIP（CLIPを読み込むノード、flux と flux2 以外の種類）か、Qwen2.5-VL 7B（種類 qwen_image）を、それで文章を作れる ComfyUI（0.33 は可、0.12 は不可）でつないでください。",
    "Qwen3-VL 4B나 8B 텍스트 인코더의 CLIP(CLIP 로드 노드, flux와 flux2를 뺀 종류) 또는 Qwen2.5-VL 7B(종류 qwen_image)를, 그것으로 글을 만들 수 있는 ComfyUI(0.33은 가능, 0.12는 불가)에서 연결하십시오.",
  ],
  [
    "The text encoder wired to clip gives every word the same odds: its file lacks the output layer (lm_head). Use a complete Qwen3-VL file.",
    "连接到 CLIP 的文本编码器给每个词相同的概率：其文件缺少输出层（lm_head）。请使用完整的 Qwen3-VL 文件。",
    "CLIP につながれたテキストエンコーダーはどの語にも同じ確率を与えます。ファイルに出力層（lm_head）がありません。完全な Qwen3-VL のファイルを使ってください。",
    "CLIP에 연결된 텍스트 인코더가 모든 낱말에 같은 확률을 줍니다. 파일에 출력층(lm_head)이 없습니다. 온전한 Qwen3-VL 파일을 쓰십시오.",
  ],
  [
    "The Qwen2.5-VL wired to clip cannot answer: ComfyUI leaves its output layer ({0}) out, and the file that the CLIP came from does not have it. {1}",
    "连接到 CLIP 的 Qwen2.5-VL 不能回答：ComfyUI 略去了它的输出层（{0}），而 CLIP 的来源文件中也没有。{1}",
    "CLIP につながれた Qwen2.5-VL は答えられません。ComfyUI は出力層（{0}）を除き、CLIP の元のファイルにもそれがありません。{1}",
    "CLIP에 연결된 Qwen2.5-VL은 답할 수 없습니다. ComfyUI가 출력층({0})을 빼며 CLIP의 원본 파일에도 없습니다. {1}",
  ],
  [
    "Load a complete Qwen2.5-VL 7B file, such as qwen_2.5_vl_7b.safetensors or qwen_2.5_vl_7b_fp8_scaled.safetensors, with the Load CLIP node (type qwen_image), or use Qwen3-VL.",
    "请用“加载CLIP”节点（类型 qwen_image）加载完整的 Qwen2.5-VL 7B 文件，例如 qwen_2.5_vl_7b.safetensors 或 qwen_2.5_vl_7b_fp8_scaled.safetensors，或使用 Qwen3-VL。",
    "qwen_2.5_vl_7b.safetensors や qwen_2.5_vl_7b_fp8_scaled.safetensors など完全な Qwen2.5-VL 7B のファイルを CLIPを読み込むノード（種類 qwen_image）で読み込むか、Qwen3-VL を使ってください。",
    "qwen_2.5_vl_7b.safetensors나 qwen_2.5_vl_7b_fp8_scaled.safetensors 같은 온전한 Qwen2.5-VL 7B 파일을 CLIP 로드 노드(종류 qwen_image)로 불러오거나 Qwen3-VL을 쓰십시오.",
  ],
  [
    "The model wired to model is not a detector. {0}",
    "连接到“模型”的模型不是检测器。{0}",
    "「モデル」につながれたモデルは検出器ではありません。{0}",
    "‘모델’에 연결된 모델은 검출기가 아닙니다. {0}",
  ],
  [
    "Wire RT-DETR v4, such as rt_detr_v4-x-hgnet_fp16.safetensors, from Load Diffusion Model, in a ComfyUI that has it (0.33 has it, 0.12 does not).",
    "请连接“加载扩散模型”加载的 RT-DETR v4，例如 rt_detr_v4-x-hgnet_fp16.safetensors，并使用支持它的 ComfyUI（0.33 支持，0.12 不支持）。",
    "拡散モデルを読み込むノードから、rt_detr_v4-x-hgnet_fp16.safetensors などの RT-DETR v4 を、それを持つ ComfyUI（0.33 にあり、0.12 になし）でつないでください。",
    "확산 모델 로드 노드에서 rt_detr_v4-x-hgnet_fp16.safetensors 같은 RT-DETR v4를, 그것이 있는 ComfyUI(0.33에 있고 0.12에 없음)에서 연결하십시오.",
  ],
  [
    "Qwen2.5-VL cannot write the lines: ComfyUI generates text without its output layer. Set from_prompt to rules, or use Qwen3-VL.",
    "Qwen2.5-VL 不能写问题行：ComfyUI 生成文本时没有它的输出层。请把“由谁生成”设为 rules，或使用 Qwen3-VL。",
    "Qwen2.5-VL は行を書けません。ComfyUI は出力層なしで文章を作るからです。「作成者」を rules にするか、Qwen3-VL を使ってください。",
    "Qwen2.5-VL은 줄을 쓸 수 없습니다. ComfyUI가 출력층 없이 글을 만들기 때문입니다. '만드는 쪽'을 rules로 하거나 Qwen3-VL을 쓰십시오.",
  ],
  [
    "The detector has nothing to look for: write lines such as cat x 2 or dog left of cat.",
    "检测器没有要找的东西：请写出 cat x 2 或 dog left of cat 之类的行。",
    "検出器に探すものがありません。cat x 2 や dog left of cat のような行を書いてください。",
    "검출기가 찾을 것이 없습니다. cat x 2나 dog left of cat 같은 줄을 쓰십시오.",
  ],
  [
    "The detector knows no {0}: {1}",
    "检测器不认识 {0}：{1}",
    "検出器は {0} を知りません。{1}",
    "검출기는 {0}을(를) 모릅니다. {1}",
  ],
  ["did you mean {0}?", "你是指 {0} 吗？", "{0} のことですか？", "{0}을(를) 뜻하셨습니까?"],
  ["it knows {0}.", "它认识 {0}。", "知っているのは {0} です。", "아는 것은 {0}입니다."],
  [
    "The detector knows no colour {0}: it knows {1}.",
    "检测器不认识颜色 {0}：它认识 {1}。",
    "検出器は色 {0} を知りません。知っているのは {1} です。",
    "검출기는 색 {0}을(를) 모릅니다. 아는 것은 {1}입니다.",
  ],
  [
    "LiDAR Reward Text has nothing to look for: put the words that the picture should say in quotation marks in the prompt, as in a sign that says \"OPEN\", or write them into text.",
    "“LiDAR 文字奖励”没有要找的文字：请在提示词中用引号写出图像应显示的文字，例如 a sign that says \"OPEN\"，或写入“文字”。",
    "「LiDAR 文字報酬」に探す文字がありません。画像に出る言葉を a sign that says \"OPEN\" のようにプロンプトに引用符で書くか、「文字」に書いてください。",
    "‘LiDAR 글자 보상’이 찾을 글자가 없습니다. 이미지에 나올 말을 a sign that says \"OPEN\"처럼 프롬프트에 따옴표로 쓰거나 ‘글자’에 쓰십시오.",
  ],
  [
    "LiDAR Reward Text reads pictures with RapidOCR, which is not installed: run python -m pip install rapidocr onnxruntime with the Python that runs ComfyUI, then start ComfyUI again.",
    "“LiDAR 文字奖励”用 RapidOCR 读取图像，但它没有安装：请用运行 ComfyUI 的 Python 执行 python -m pip install rapidocr onnxruntime，然后重启 ComfyUI。",
    "「LiDAR 文字報酬」は RapidOCR で画像を読みますが、入っていません。ComfyUI を動かす Python で python -m pip install rapidocr onnxruntime を実行し、ComfyUI を再起動してください。",
    "‘LiDAR 글자 보상’은 RapidOCR로 이미지를 읽는데 설치되어 있지 않습니다. ComfyUI를 실행하는 Python으로 python -m pip install rapidocr onnxruntime을 실행하고 ComfyUI를 다시 시작하십시오.",
  ],
  [
    "The clip holds no text tower whose projection ComfyUI keeps: wire SDXL's CLIP (it holds CLIP-bigG) or SD 2's (CLIP-H). Those of SD 1.5, SD3's T5 and Flux cannot be compared with pictures.",
    "CLIP 中没有 ComfyUI 保留其投影的文本编码塔：请连接 SDXL 的 CLIP（含 CLIP-bigG）或 SD 2 的（CLIP-H）。SD 1.5、SD3 的 T5 和 Flux 的不能与图像比较。",
    "CLIP に、ComfyUI が射影を残すテキストタワーがありません。SDXL の CLIP（CLIP-bigG）か SD 2 の CLIP（CLIP-H）をつないでください。SD 1.5、SD3 の T5、Flux のものは画像と比べられません。",
    "CLIP에 ComfyUI가 투영을 남기는 텍스트 타워가 없습니다. SDXL의 CLIP(CLIP-bigG)이나 SD 2의 CLIP(CLIP-H)을 연결하십시오. SD 1.5, SD3의 T5, Flux의 것은 이미지와 견줄 수 없습니다.",
  ],
  [
    "The clip_vision gives {0} numbers for a picture but the clip ({1}) gives {2} for a text: wire the CLIP_VISION of {3}, clip_vision_g for SDXL's clip, clip_vision_h for SD 2's.",
    "CLIP视觉为一张图像给出 {0} 个数，而 CLIP（{1}）为一段文本给出 {2} 个：请连接 {3} 的 CLIP_VISION，SDXL 用 clip_vision_g，SD 2 用 clip_vision_h。",
    "CLIP Vision は画像に {0} 個の数を、CLIP（{1}）はテキストに {2} 個の数を出します。{3} の CLIP_VISION（SDXL は clip_vision_g、SD 2 は clip_vision_h）をつないでください。",
    "CLIP Vision은 이미지에 숫자 {0}개를, CLIP({1})은 텍스트에 {2}개를 냅니다. {3}의 CLIP_VISION(SDXL은 clip_vision_g, SD 2는 clip_vision_h)을 연결하십시오.",
  ],
  [
    "The {0} lacks its projection, without which pictures and text cannot be compared: load {1} from a file that has it, such as clip_vision_g.safetensors or SDXL's own checkpoint.",
    "{0} 缺少投影，没有它就无法比较图像和文本：请从含有投影的文件加载 {1}，例如 clip_vision_g.safetensors 或 SDXL 自己的检查点。",
    "{0} に射影がなく、画像とテキストを比べられません。clip_vision_g.safetensors や SDXL のチェックポイントなど、射影のあるファイルから {1} を読み込んでください。",
    "{0}에 투영이 없어 이미지와 텍스트를 견줄 수 없습니다. clip_vision_g.safetensors나 SDXL 체크포인트처럼 투영이 있는 파일에서 {1}을(를) 불러오십시오.",
  ],

  // Rewards for sound and motion
  [
    "CLAP reads text with RoBERTa's vocabulary, which ComfyUI does not have: put tokenizer.json ({0}) beside the weights, into the folder {1}.",
    "CLAP 用 RoBERTa 的词表读取文本，而 ComfyUI 没有它：请把 tokenizer.json（{0}）放在权重旁边，即文件夹 {1}。",
    "CLAP は RoBERTa の語彙でテキストを読みますが、ComfyUI にはありません。tokenizer.json（{0}）を重みと同じフォルダー {1} に置いてください。",
    "CLAP은 RoBERTa의 어휘로 텍스트를 읽는데 ComfyUI에는 없습니다. tokenizer.json({0})을 가중치 옆, 폴더 {1}에 넣으십시오.",
  ],
  [
    "The file {0} has no head for the axis {1}: {2}",
    "文件 {0} 没有用于 {1} 轴的头部：{2}",
    "ファイル {0} に軸 {1} のヘッドがありません。{2}",
    "파일 {0}에 축 {1}의 헤드가 없습니다. {2}",
  ],
  [
    "The file {0} is a fused CLAP, which picks random parts of a long sound: use an unfused one, such as larger_clap_music.",
    "文件 {0} 是 fused 版的 CLAP，它从长的声音中随机选取部分：请使用非 fused 版，例如 larger_clap_music。",
    "ファイル {0} は fused の CLAP で、長い音声から一部をランダムに選びます。larger_clap_music など fused でないものを使ってください。",
    "파일 {0}은(는) fused CLAP이라 긴 소리에서 일부를 무작위로 고릅니다. larger_clap_music처럼 fused가 아닌 것을 쓰십시오.",
  ],
  [
    "The file {0} is no vocabulary: download it again from {1}.",
    "文件 {0} 不是词表：请从 {1} 重新下载。",
    "ファイル {0} は語彙ではありません。{1} からもう一度ダウンロードしてください。",
    "파일 {0}은(는) 어휘가 아닙니다. {1}에서 다시 내려받으십시오.",
  ],
  [
    "The file {0} is not the vocabulary of this CLAP, which is RoBERTa's: download tokenizer.json from {1}.",
    "文件 {0} 不是此 CLAP 的词表（RoBERTa 的词表）：请从 {1} 下载 tokenizer.json。",
    "ファイル {0} はこの CLAP の語彙（RoBERTa のもの）ではありません。{1} から tokenizer.json をダウンロードしてください。",
    "파일 {0}은(는) 이 CLAP의 어휘(RoBERTa의 것)가 아닙니다. {1}에서 tokenizer.json을 내려받으십시오.",
  ],
  [
    "The sound tower in the file {0} has no known form: {1}",
    "文件 {0} 中的声音编码塔形式未知：{1}",
    "ファイル {0} の音声タワーは知られた形ではありません。{1}",
    "파일 {0}의 소리 타워는 알려진 형태가 아닙니다. {1}",
  ],
  [
    "This reward for sound needs the Python package transformers, which is part of ComfyUI's requirements: run python -m pip install transformers with the Python that runs ComfyUI, then start it again.",
    "此声音奖励需要 Python 包 transformers，它是 ComfyUI 的依赖之一：请用运行 ComfyUI 的 Python 执行 python -m pip install transformers，然后重启。",
    "この音声の報酬には Python パッケージ transformers が必要で、ComfyUI の要件に含まれます。ComfyUI を動かす Python で python -m pip install transformers を実行し、再起動してください。",
    "이 소리 보상에는 ComfyUI의 요구 사항에 든 Python 패키지 transformers가 필요합니다. ComfyUI를 실행하는 Python으로 python -m pip install transformers를 실행하고 다시 시작하십시오.",
  ],
  [
    "optical_flow is a {0}, not RAFT: wire raft_large from Load Optical Flow Model.",
    "optical_flow 是 {0}，不是 RAFT：请连接光流模型加载节点的 raft_large。",
    "optical_flow は {0} で、RAFT ではありません。オプティカルフローモデルを読み込むノードの raft_large をつないでください。",
    "optical_flow가 RAFT가 아니라 {0}입니다. 광학 흐름 모델을 불러오는 노드의 raft_large를 연결하십시오.",
  ],

  // Ratings
  [
    "The ratings make {0} comparisons and {1} is the least to learn from: rate more pictures. From about 20 on the head is of use.",
    "这些评分构成 {0} 次比较，而学习至少需要 {1} 次：请为更多图像评分。约 20 次起才有用。",
    "評価から {0} 個の比較ができますが、学ぶには少なくとも {1} 個が必要です。もっと評価してください。役に立つのは 20 個ほどからです。",
    "평가에서 비교 {0}개가 나오는데 배우려면 적어도 {1}개가 필요합니다. 더 많이 평가하십시오. 20개쯤부터 쓸모가 있습니다.",
  ],
  [
    "The ratings' line {0} names picture {1}, but there are 1 to {2}.",
    "评分的行 {0} 指向图像 {1}，但只有 1 到 {2}。",
    "評価の行 {0} は画像 {1} を指しますが、あるのは 1 から {2} です。",
    "평가의 줄 {0}이(가) 이미지 {1}을(를) 가리키는데 있는 것은 1부터 {2}까지입니다.",
  ],
  [
    "The ratings' line {0} is neither a comparison such as 3 > 1 nor a mark such as 4: 5. Pictures are numbered from 1 on.",
    "评分的行 {0} 既不是 3 > 1 这样的比较，也不是 4: 5 这样的打分。图像从 1 开始编号。",
    "評価の行 {0} は、3 > 1 のような比較でも 4: 5 のような点数でもありません。画像の番号は 1 からです。",
    "평가의 줄 {0}은(는) 3 > 1 같은 비교도 4: 5 같은 점수도 아닙니다. 이미지 번호는 1부터입니다.",
  ],
  [
    "The rated pictures have the same features: rate pictures that differ.",
    "评过的图像特征相同：请评不同的图像。",
    "評価した画像の特徴が同じです。違う画像を評価してください。",
    "평가한 이미지의 특징이 같습니다. 서로 다른 이미지를 평가하십시오.",
  ],
  [
    "A reward cannot be saved as {0}: give a plain name without folders or ending.",
    "奖励不能保存为 {0}：请给出不含文件夹和扩展名的名称。",
    "報酬を {0} として保存できません。フォルダーも拡張子もない名前にしてください。",
    "보상을 {0}(으)로 저장할 수 없습니다. 폴더와 확장자가 없는 이름을 주십시오.",
  ],
  [
    "models/reward_models has another file {0}, which is kept: give another name.",
    "models/reward_models 中已有另一个文件 {0}，它将被保留：请另取名称。",
    "models/reward_models に別のファイル {0} があり、残されます。別の名前にしてください。",
    "models/reward_models에 다른 파일 {0}이(가) 있어 그대로 둡니다. 다른 이름을 주십시오.",
  ],
  [
    "The reward cannot be saved as {0}: {1}.",
    "奖励不能保存为 {0}：{1}。",
    "報酬を {0} として保存できません：{1}。",
    "보상을 {0}(으)로 저장할 수 없습니다: {1}.",
  ],
  [
    "The clip_vision is no CLIP with its projection: load a picture tower from a file that has it, such as clip_vision_h.safetensors, clip_vision_g.safetensors or OpenAI's CLIP-L.",
    "CLIP视觉不是带投影的 CLIP：请从含有投影的文件加载图像编码塔，例如 clip_vision_h.safetensors、clip_vision_g.safetensors 或 OpenAI 的 CLIP-L。",
    "CLIP Vision に射影がありません。clip_vision_h.safetensors、clip_vision_g.safetensors、OpenAI の CLIP-L など、射影のあるファイルから画像タワーを読み込んでください。",
    "CLIP Vision에 투영이 없습니다. clip_vision_h.safetensors, clip_vision_g.safetensors, OpenAI의 CLIP-L처럼 투영이 있는 파일에서 이미지 타워를 불러오십시오.",
  ],

  // Batches and lists
  [
    "first holds {0} pictures but second holds {1}, so they make no pairs: wire two batches of one size, drawn from the same seeds.",
    "“第一组”有 {0} 张图像，而“第二组”有 {1} 张，无法成对：请连接大小相同、由相同种子绘制的两个批次。",
    "「1 組目」は {0} 枚、「2 組目」は {1} 枚で、組になりません。同じシードで描いた同じ大きさのバッチを 2 つつないでください。",
    "‘첫째 이미지’는 {0}장, ‘둘째 이미지’는 {1}장이라 쌍이 되지 않습니다. 같은 시드로 그린 같은 크기의 배치 두 개를 연결하십시오.",
  ],
  [
    "{0} is an empty list: the node that is wired to it made nothing. Wire another.",
    "{0} 是空列表：连接到它的节点什么也没有生成。请连接另一个节点。",
    "{0} は空のリストです。つながれたノードは何も作りませんでした。別のノードをつないでください。",
    "{0}이(가) 빈 목록입니다. 연결된 노드가 아무것도 만들지 않았습니다. 다른 노드를 연결하십시오.",
  ],
  [
    "The list of images holds different sizes (height, width, channels): {0}. The best are passed on as one batch, so resize them to one size first.",
    "图像列表中的尺寸（高，宽，通道）不同：{0}。最佳图像作为一个批次输出，请先调整为相同尺寸。",
    "画像のリストのサイズ（高さ、幅、チャンネル）が違います：{0}。最良のものは 1 つのバッチで渡されるので、先に同じサイズにしてください。",
    "이미지 목록의 크기(높이, 너비, 채널)가 서로 다릅니다: {0}. 가장 좋은 것은 한 배치로 넘겨지므로 먼저 같은 크기로 맞추십시오.",
  ],
  [
    "The list of latents holds different shapes, {0}. The best are handed on as one batch, so bring them to one shape first.",
    "Latent 列表中的形状不同：{0}。最佳的作为一个批次输出，请先调整为相同形状。",
    "潜在のリストの形が違います：{0}。最良のものは 1 つのバッチで渡されるので、先に同じ形にしてください。",
    "잠재 목록의 모양이 서로 다릅니다: {0}. 가장 좋은 것은 한 배치로 넘겨지므로 먼저 같은 모양으로 맞추십시오.",
  ],
  [
    "All images are scored together, by one reward and with one keep, but reward or keep is a list of several: wire one. LiDAR Reward Mix makes one reward of several.",
    "所有图像由一个奖励、按一个保留数量一起评分，但“奖励”或“保留数量”是含多项的列表：请只连接一个。“LiDAR 混合奖励”可把多个奖励合为一个。",
    "画像はすべて 1 つの報酬と 1 つの「残す数」で一緒に採点しますが、「報酬」か「残す数」が複数のリストです。1 つだけつないでください。「LiDAR 報酬のミックス」は複数を 1 つにします。",
    "모든 이미지는 보상 하나와 ‘남길 수’ 하나로 함께 채점하는데 ‘보상’이나 ‘남길 수’가 여러 개의 목록입니다. 하나만 연결하십시오. ‘LiDAR 보상 혼합’은 여러 보상을 하나로 만듭니다.",
  ],
  [
    "latents holds {0} latents but images holds {1}: wire the latents that these images were decoded from, or none.",
    "“Latent”有 {0} 个，而“图像”有 {1} 张：请连接解码出这些图像的 Latent，或不连接。",
    "「潜在」は {0} 個、「画像」は {1} 枚です。これらの画像の元の潜在をつなぐか、何もつながないでください。",
    "‘잠재’는 {0}개인데 ‘이미지’는 {1}장입니다. 이 이미지들의 원본 잠재를 연결하거나 연결하지 마십시오.",
  ],
  [
    "latents holds {0} latents but there are {1} {2}: wire the latents that these {3} were decoded from, or none.",
    "“Latent”有 {0} 个，而{2}有 {1} 个：请连接解码出这些{3}的 Latent，或不连接。",
    "「潜在」は {0} 個ですが、{2}は {1} 個です。元の潜在をつなぐか、何もつながないでください。",
    "‘잠재’는 {0}개인데 {2}은(는) {1}개입니다. 원본 잠재를 연결하거나 연결하지 마십시오.",
  ],

  // Pools
  [
    "No pool file in the output or input folder matches {0}: save one first.",
    "output 和 input 文件夹中没有与 {0} 匹配的样本池文件：请先保存一个。",
    "output と input のフォルダーに {0} に合うプールファイルがありません。先に保存してください。",
    "output과 input 폴더에 {0}에 맞는 풀 파일이 없습니다. 먼저 저장하십시오.",
  ],
  [
    "{0} holds {1} samples, not {2} ({3}): draw and save the parts that are missing, or lower samples.",
    "{0} 有 {1} 个样本，而不是 {2} 个（{3}）：请抽取并保存缺少的部分，或减小“样本数”。",
    "{0} のサンプルは {1} 個で、{2} 個ではありません（{3}）。足りない分を描いて保存するか、「サンプル数」を減らしてください。",
    "{0}의 샘플은 {2}개가 아니라 {1}개입니다({3}). 모자란 부분을 뽑아 저장하거나 ‘샘플 수’를 줄이십시오.",
  ],
  [
    "No pool is named: choose a file, or give a folder or pattern below the output folder.",
    "没有指定样本池：请选择文件，或给出 output 文件夹下的文件夹或匹配式。",
    "プールが指定されていません。ファイルを選ぶか、output フォルダーの下のフォルダーかパターンを書いてください。",
    "풀이 지정되지 않았습니다. 파일을 고르거나 output 폴더 아래의 폴더나 패턴을 주십시오.",
  ],
  [
    "{0} leads out of the output and input folder: name a file or folder below them.",
    "{0} 在 output 和 input 文件夹之外：请指定其中的文件或文件夹。",
    "{0} は output と input のフォルダーの外です。その下のファイルかフォルダーを指定してください。",
    "{0}은(는) output과 input 폴더 밖입니다. 그 아래의 파일이나 폴더를 지정하십시오.",
  ],
  [
    "filename_prefix is {0}, which names no file below the output folder: give a name such as \"lidar_pools/pool\".",
    "filename_prefix 为 {0}，不是 output 文件夹下的文件名：请给出 \"lidar_pools/pool\" 之类的名称。",
    "filename_prefix の {0} は output フォルダーの下のファイル名ではありません。\"lidar_pools/pool\" のような名前にしてください。",
    "filename_prefix의 {0}은(는) output 폴더 아래의 파일 이름이 아닙니다. \"lidar_pools/pool\" 같은 이름을 주십시오.",
  ],
  [
    "The pool cannot be saved under {0}: {1}.",
    "样本池不能保存到 {0}：{1}。",
    "プールを {0} に保存できません：{1}。",
    "풀을 {0}에 저장할 수 없습니다: {1}.",
  ],
  [
    "The file {0} is not a LiDAR pool: choose one that LiDAR Save Pool wrote.",
    "文件 {0} 不是 LiDAR 样本池：请选择由“LiDAR 保存样本池”写入的文件。",
    "ファイル {0} は LiDAR のプールではありません。「LiDAR プールを保存」が書いたものを選んでください。",
    "파일 {0}은(는) LiDAR 풀이 아닙니다. ‘LiDAR 풀 저장’이 쓴 것을 고르십시오.",
  ],
  [
    "The pool file {0} {1}",
    "样本池文件 {0} {1}",
    "プールファイル {0} は{1}",
    "풀 파일 {0}은(는) {1}",
  ],
  ["cannot be read: {0}.", "无法读取：{0}。", "読めません：{0}。", "읽을 수 없습니다: {0}."],
  [
    "The pool file {0} cannot be used: {1} Draw and save the pool again.",
    "样本池文件 {0} 不能使用：{1} 请重新抽取并保存。",
    "プールファイル {0} は使えません：{1} もう一度描いて保存してください。",
    "풀 파일 {0}은(는) 쓸 수 없습니다: {1} 다시 뽑아 저장하십시오.",
  ],
  [
    "Its layout version is {0}, this pack reads {1}.",
    "其格式版本为 {0}，而本插件读取 {1}。",
    "形式のバージョンは {0} ですが、このパックが読むのは {1} です。",
    "형식 버전은 {0}인데 이 팩은 {1}을(를) 읽습니다.",
  ],
  [
    "The pools to merge have different {0}, {1} and {2}: merge pools that were drawn and scored alike.",
    "要合并的样本池的{0}不同，分别为 {1} 和 {2}：请合并以相同方式抽取和评分的样本池。",
    "結合するプールの{0}が違います（{1} と {2}）。同じように描いて採点したプールを結合してください。",
    "합칠 풀의 {0}이(가) 다릅니다({1}, {2}). 같은 방법으로 뽑고 채점한 풀을 합치십시오.",
  ],
  ["prompts", "提示词", "プロンプト", "프롬프트"],
  ["models", "模型", "モデル", "모델"],
  ["steps", "步数", "ステップ数", "스텝 수"],
  ["cfgs", " cfg ", " cfg ", "cfg"],
  ["samplers", "采样器", "サンプラー", "샘플러"],
  ["schedulers", "调度器", "スケジューラー", "스케줄러"],
  ["denoises", "降噪", "デノイズ", "디노이즈"],
  ["rewards", "奖励", "報酬", "보상"],
  [
    "The pools of the lookahead seeds {0} and {1} have a sample in common by chance: draw one of them with another lookahead seed.",
    "前瞻种子 {0} 和 {1} 的样本池碰巧有相同的样本：请用另一个前瞻种子抽取其中之一。",
    "先読みシード {0} と {1} のプールにたまたま同じサンプルがあります。一方を別の先読みシードで描いてください。",
    "미리보기 시드 {0}과(와) {1}의 풀에 우연히 같은 샘플이 있습니다. 하나를 다른 미리보기 시드로 뽑으십시오.",
  ],
  [
    "latents holds several shapes, {0}: the samples of a pool have one size, that of the picture to come.",
    "“Latent”有多种形状：{0}。样本池的样本只有一种尺寸，即将要生成的图像的尺寸。",
    "「潜在」の形が複数あります：{0}。プールのサンプルは、これから描く画像と同じ 1 つのサイズです。",
    "‘잠재’의 모양이 여러 가지입니다: {0}. 풀의 샘플은 앞으로 그릴 이미지와 같은 한 가지 크기입니다.",
  ],
  [
    "prompt is a list of {0} texts, but a pool has one prompt: make a pool for each.",
    "“提示词”是含 {0} 段文本的列表，而样本池只有一个提示词：请为每段各建一个样本池。",
    "「プロンプト」は {0} 個のテキストのリストですが、プールのプロンプトは 1 つです。それぞれにプールを作ってください。",
    "‘프롬프트’가 텍스트 {0}개의 목록인데 풀의 프롬프트는 하나입니다. 각각 풀을 만드십시오.",
  ],
  [
    "scores holds {0} numbers but latents holds {1} latents: give one score for each latent, in the same order.",
    "“分数”有 {0} 个，而“Latent”有 {1} 个：请按相同顺序为每个 Latent 给一个分数。",
    "「スコア」は {0} 個、「潜在」は {1} 個です。潜在ごとに 1 つ、同じ順序でスコアを与えてください。",
    "‘점수’는 {0}개인데 ‘잠재’는 {1}개입니다. 잠재마다 하나씩 같은 순서로 점수를 주십시오.",
  ],
  [
    "scores holds {0}, which is no number: give one number for each latent.",
    "“分数”中的 {0} 不是数：请为每个 Latent 给一个数。",
    "「スコア」の {0} は数ではありません。潜在ごとに 1 つの数を与えてください。",
    "‘점수’의 {0}은(는) 숫자가 아닙니다. 잠재마다 숫자를 하나씩 주십시오.",
  ],
  [
    "This pool was made from scores, so its starting noise is unknown: wire one of LiDAR Lookahead.",
    "此样本池由分数创建，起始噪声未知：请连接“LiDAR 前瞻”的样本池。",
    "このプールはスコアから作られ、最初のノイズが分かりません。「LiDAR 先読み」のプールをつないでください。",
    "이 풀은 점수로 만들어 시작 노이즈를 알 수 없습니다. ‘LiDAR 미리보기 샘플링’의 풀을 연결하십시오.",
  ],

  // The demo world
  [
    "The embedded demo world does not know the word {0} in the prompt {1}. Use only these words: {2}. Example: a blue square left of a green triangle.",
    "内置演示世界不认识提示词 {1} 中的词 {0}。请只用这些词：{2}。例如：a blue square left of a green triangle。",
    "組み込みのデモ世界はプロンプト {1} の語 {0} を知りません。使える語は {2} だけです。例：a blue square left of a green triangle。",
    "내장 데모 세계는 프롬프트 {1}의 낱말 {0}을(를) 모릅니다. 다음 낱말만 쓰십시오: {2}. 예: a blue square left of a green triangle.",
  ],
  [
    "The prompt {0} has {1} words; the embedded demo world reads at most {2}. Shorten it.",
    "提示词 {0} 有 {1} 个词；内置演示世界最多读取 {2} 个。请缩短。",
    "プロンプト {0} は {1} 語です。組み込みのデモ世界が読むのは {2} 語までです。短くしてください。",
    "프롬프트 {0}은(는) {1}낱말입니다. 내장 데모 세계는 {2}낱말까지 읽습니다. 줄이십시오.",
  ],
  [
    "The prompt {0} does not describe a scene of the embedded demo world: {1}. Examples: a star; two red circles; a blue square left of a green triangle.",
    "提示词 {0} 描述的不是内置演示世界的场景：{1}。例如：a star; two red circles; a blue square left of a green triangle。",
    "プロンプト {0} は組み込みのデモ世界の場面ではありません：{1}。例：a star; two red circles; a blue square left of a green triangle。",
    "프롬프트 {0}은(는) 내장 데모 세계의 장면이 아닙니다: {1}. 예: a star; two red circles; a blue square left of a green triangle.",
  ],
  [
    "a group of objects starts with one of {0}",
    "一组物体以 {0} 之一开头",
    "物の組は {0} のどれかで始まります",
    "물체의 무리는 {0} 중 하나로 시작합니다",
  ],
  [
    "a group of objects ends with a shape, one of {0}",
    "一组物体以形状结尾，即 {0} 之一",
    "物の組は形（{0} のどれか）で終わります",
    "물체의 무리는 {0} 중 하나인 모양으로 끝납니다",
  ],
  ["\"{0}\" cannot join two groups of objects", "\"{0}\" 不能连接两组物体", "\"{0}\" では物の組を 2 つつなげません", "\"{0}\"(으)로는 두 무리를 이을 수 없습니다"],
  ["\"{0}\" follows the second group of objects", "第二组物体之后还有 \"{0}\"", "2 つ目の物の組の後に \"{0}\" があります", "둘째 무리 뒤에 \"{0}\"이(가) 있습니다"],

  // Files that are damaged, or of another kind
  [
    "is empty: its download failed. Download it again.",
    "是空的：下载失败了。请重新下载。",
    "空です。ダウンロードに失敗しています。もう一度ダウンロードしてください。",
    "비어 있습니다. 내려받기에 실패했습니다. 다시 내려받으십시오.",
  ],
  [
    "is cut short: only the first part of it was downloaded. Download it again.",
    "不完整：只下载了前一部分。请重新下载。",
    "途中で切れています。最初の部分しかダウンロードされていません。もう一度ダウンロードしてください。",
    "중간에 끊겼습니다. 앞부분만 내려받았습니다. 다시 내려받으십시오.",
  ],
  [
    "is a Git LFS pointer, a few lines of text that stand for the real file: run `git lfs pull` where you cloned it, or download the file itself from its page.",
    "是 Git LFS 指针，即代表真实文件的几行文本：请在克隆处执行 `git lfs pull`，或从其网页下载文件本身。",
    "Git LFS のポインターで、本物の代わりの数行のテキストです。クローンした場所で `git lfs pull` を実行するか、ページからファイル自体をダウンロードしてください。",
    "Git LFS 포인터, 곧 진짜 파일을 대신하는 몇 줄의 글입니다. 복제한 곳에서 `git lfs pull`을 실행하거나 페이지에서 파일 자체를 내려받으십시오.",
  ],
  [
    "is a web page: the download got the page about the file, or one that asks you to log in. Download the file itself.",
    "是网页：下载到的是介绍该文件的页面，或要求登录的页面。请下载文件本身。",
    "ウェブページです。ファイルの説明ページか、ログインを求めるページが保存されています。ファイル自体をダウンロードしてください。",
    "웹 페이지입니다. 파일을 설명하거나 로그인을 요구하는 페이지를 내려받았습니다. 파일 자체를 내려받으십시오.",
  ],
  [
    "is no file of weights but the words {0}: the server refused the download. Download it again, signed in if its page asks for it.",
    "不是权重文件，而是文字 {0}：服务器拒绝了下载。请重新下载，如网页要求则先登录。",
    "重みのファイルではなく {0} という文字です。サーバーがダウンロードを断りました。ページが求めるならログインして、もう一度ダウンロードしてください。",
    "가중치 파일이 아니라 {0}이라는 글입니다. 서버가 내려받기를 거절했습니다. 페이지가 요구하면 로그인한 뒤 다시 내려받으십시오.",
  ],
  [
    "is a TorchScript program, as OpenAI's own ViT-L-14.pt is, and is not opened: use model.safetensors of openai/clip-vit-large-patch14, which holds the same weights.",
    "是 TorchScript 程序（如 OpenAI 自己的 ViT-L-14.pt），不予打开：请使用 openai/clip-vit-large-patch14 的 model.safetensors，其权重相同。",
    "TorchScript のプログラム（OpenAI の ViT-L-14.pt など）なので開きません。同じ重みの openai/clip-vit-large-patch14 の model.safetensors を使ってください。",
    "TorchScript 프로그램(OpenAI의 ViT-L-14.pt 등)이라 열지 않습니다. 가중치가 같은 openai/clip-vit-large-patch14의 model.safetensors를 쓰십시오.",
  ],
  [
    "holds Python objects as well as tensors. They could run any code, so it is not opened: use a .safetensors file of the same model, or one that holds nothing but a state dict.",
    "除张量外还含有 Python 对象，它们可能执行任何代码，因此不予打开：请使用同一模型的 .safetensors 文件，或只含 state dict 的文件。",
    "テンソルのほかに Python のオブジェクトを含みます。どんなコードも実行しうるため開きません。同じモデルの .safetensors か、state dict だけのファイルを使ってください。",
    "텐서 말고도 Python 객체가 있습니다. 어떤 코드든 실행할 수 있어 열지 않습니다. 같은 모델의 .safetensors나 state dict만 든 파일을 쓰십시오.",
  ],
  [
    "it is incomplete or another kind of model. Download it again, or choose its kind in type.",
    "它不完整，或是另一种模型。请重新下载，或在“类型”中选择它的类型。",
    "不完全か、別の種類のモデルです。もう一度ダウンロードするか、「種類」で種類を選んでください。",
    "온전하지 않거나 다른 종류의 모델입니다. 다시 내려받거나 ‘종류’에서 종류를 고르십시오.",
  ],
  [
    "The file {0} has layers of {1} channels, which {2} attention heads cannot share equally: {3}",
    "文件 {0} 的层有 {1} 个通道，{2} 个注意力头无法平分：{3}",
    "ファイル {0} の層は {1} チャンネルで、{2} 個のアテンションヘッドに等分できません。{3}",
    "파일 {0}의 층은 {1}채널이라 어텐션 헤드 {2}개가 똑같이 나눌 수 없습니다. {3}",
  ],
  [
    "The picture tower in the file {0} has {1} patches of {2} x {3} pixels in {4} channels, which make no square picture in colour: {5}",
    "文件 {0} 中的图像编码塔有 {1} 个 {2} x {3} 像素、{4} 通道的图块，构不成正方形的彩色图像：{5}",
    "ファイル {0} の画像タワーは {2} x {3} ピクセル、{4} チャンネルのパッチが {1} 個で、正方形のカラー画像になりません。{5}",
    "파일 {0}의 이미지 타워는 {2} x {3}픽셀, {4}채널 패치가 {1}개라 정사각형 컬러 이미지가 되지 않습니다. {5}",
  ],
  ["The file {0} lacks {1}: {2}", "文件 {0} 缺少 {1}：{2}", "ファイル {0} に {1} がありません。{2}", "파일 {0}에 {1}이(가) 없습니다. {2}"],
  ["the tensor {0}", "张量 {0}", "テンソル {0}", "텐서 {0}"],
  ["{0} tensors: {1}", "{0} 个张量：{1}", "{0} 個のテンソル（{1}）", "텐서 {0}개({1})"],
  [
    "The file {0} holds no named tensors of plain numbers: choose the weights of a reward, as a state dict.",
    "文件 {0} 中没有命名的普通数值张量：请选择奖励的权重（state dict）。",
    "ファイル {0} に、普通の数の、名前のあるテンソルがありません。報酬の重み（state dict）を選んでください。",
    "파일 {0}에 보통 숫자의 이름 있는 텐서가 없습니다. 보상의 가중치(state dict)를 고르십시오.",
  ],
  [
    "The file {0} lacks the tensor \"{1}\": {2}",
    "文件 {0} 缺少张量 \"{1}\"：{2}",
    "ファイル {0} にテンソル \"{1}\" がありません。{2}",
    "파일 {0}에 텐서 \"{1}\"이(가) 없습니다. {2}",
  ],
  [
    "In the file {0} the tensor {1} has the shape {2} where {3} dimensions were expected: {4}",
    "文件 {0} 中张量 {1} 的形状为 {2}，而应有 {3} 维：{4}",
    "ファイル {0} のテンソル {1} の形は {2} ですが、{3} 次元のはずです。{4}",
    "파일 {0}의 텐서 {1}의 모양은 {2}인데 {3}차원이어야 합니다. {4}",
  ],
  [
    "In the file {0} the tensor {1} has the shape {2} where {3} was expected: {4}",
    "文件 {0} 中张量 {1} 的形状为 {2}，而应为 {3}：{4}",
    "ファイル {0} のテンソル {1} の形は {2} ですが、{3} のはずです。{4}",
    "파일 {0}의 텐서 {1}의 모양은 {2}인데 {3}이어야 합니다. {4}",
  ],
  [
    "In the file {0} the tensor {1} has the shape {2}, whose rows are not three parts of one size: {3}",
    "文件 {0} 中张量 {1} 的形状为 {2}，其行不是大小相同的三部分：{3}",
    "ファイル {0} のテンソル {1} の形は {2} で、行が同じ大きさの 3 つの部分になりません。{3}",
    "파일 {0}의 텐서 {1}의 모양은 {2}이며 행이 같은 크기의 세 부분이 아닙니다. {3}",
  ],
  [
    "The reward file {0} is {1}.",
    "奖励文件 {0} 是{1}。",
    "報酬ファイル {0} は{1}。",
    "보상 파일 {0}은(는) {1}.",
  ],
  [
    "MPS, whose score of a picture depends on the others in its batch: use PickScore or HPSv2.1",
    " MPS，它对图像的评分取决于批次中的其他图像：请使用 PickScore 或 HPSv2.1",
    " MPS で、画像の点がバッチのほかの画像によって変わります。PickScore か HPSv2.1 を使ってください",
    "MPS이며 이미지의 점수가 배치의 다른 이미지에 따라 달라집니다. PickScore나 HPSv2.1을 쓰십시오",
  ],
  [
    "HPSv3, which needs a language model of 7 billion parameters: use HPSv2.1 or PickScore",
    " HPSv3，它需要 70 亿参数（7 billion）的语言模型：请使用 HPSv2.1 或 PickScore",
    " HPSv3 で、70 億（7 billion）パラメーターの言語モデルが要ります。HPSv2.1 か PickScore を使ってください",
    "HPSv3이며 매개변수 70억 개(7 billion)의 언어 모델이 필요합니다. HPSv2.1이나 PickScore를 쓰십시오",
  ],
  [
    "SigLIP, which scores only with a head: choose an Aesthetic v2.5 head here, and this file in picture_tower",
    " SigLIP，它需要头部才能评分：请在此处选择 Aesthetic v2.5 的头部，并在“图像编码塔”中选择此文件",
    " SigLIP で、ヘッドがないと採点できません。ここでは Aesthetic v2.5 のヘッドを、「画像タワー」でこのファイルを選んでください",
    "SigLIP이며 헤드가 있어야 채점합니다. 여기에서는 Aesthetic v2.5 헤드를, ‘이미지 타워’에서 이 파일을 고르십시오",
  ],
  [
    "a CLIP tower without its projection, which cannot compare pictures with text: use a file with both towers and both projections",
    "缺少投影的 CLIP 编码塔，不能比较图像和文本：请使用含两个编码塔及其投影的文件",
    "射影のない CLIP のタワーで、画像とテキストを比べられません。両方のタワーと射影のあるファイルを使ってください",
    "투영이 없는 CLIP 타워라 이미지와 텍스트를 견줄 수 없습니다. 두 타워와 두 투영이 있는 파일을 쓰십시오",
  ],
  [
    "The text tower in the file {0} knows {1} words and reads {2} at a time, but CLIP's vocabulary has {3}: use a CLIP of the usual vocabulary.",
    "文件 {0} 中的文本编码塔认识 {1} 个词，一次读取 {2} 个，而 CLIP 的词表有 {3} 个：请使用通常词表的 CLIP。",
    "ファイル {0} のテキストタワーは {1} 語を知り、一度に {2} 語を読みますが、CLIP の語彙は {3} 語です。普通の語彙の CLIP を使ってください。",
    "파일 {0}의 텍스트 타워는 {1}낱말을 알고 한 번에 {2}개를 읽는데 CLIP의 어휘는 {3}개입니다. 보통 어휘의 CLIP을 쓰십시오.",
  ],
  [
    "The text tower in the file {0} knows {1} words and reads {2} at a time, where ImageReward knows {3} and reads {4}: {5}",
    "文件 {0} 中的文本编码塔认识 {1} 个词，一次读取 {2} 个，而 ImageReward 认识 {3} 个，读取 {4} 个：{5}",
    "ファイル {0} のテキストタワーは {1} 語を知り、一度に {2} 語を読みますが、ImageReward は {3} 語を知り、{4} 語を読みます。{5}",
    "파일 {0}의 텍스트 타워는 {1}낱말을 알고 한 번에 {2}개를 읽는데 ImageReward는 {3}개를 알고 {4}개를 읽습니다. {5}",
  ],
  [
    "The file {0} does not say which activation its tower has: make it again with LiDAR Reward from Ratings.",
    "文件 {0} 没有说明其编码塔的激活函数：请用“LiDAR 评分学习奖励”重新生成。",
    "ファイル {0} にタワーの活性化関数が書かれていません。「LiDAR 評価からの報酬」で作り直してください。",
    "파일 {0}에 타워의 활성화 함수가 적혀 있지 않습니다. ‘LiDAR 평가 보상’으로 다시 만드십시오.",
  ],
  [
    "The vocabulary {0} is not the one that ImageReward was trained with, so its scores would mean nothing: install the LiDAR pack again.",
    "词表 {0} 不是训练 ImageReward 所用的，评分将毫无意义：请重新安装 LiDAR 插件。",
    "語彙 {0} は ImageReward の訓練に使われたものではなく、点が意味を持ちません。LiDAR パックを入れ直してください。",
    "어휘 {0}은(는) ImageReward를 학습한 것이 아니라 점수가 뜻을 잃습니다. LiDAR 팩을 다시 설치하십시오.",
  ],
  [
    "The sounds have the shape {0} (sounds, channels, samples) and {1} samples a second: wire sounds that last, of {2} samples a second or more.",
    "声音的形状为 {0}（声音，声道，采样），每秒 {1} 个采样：请连接有长度、每秒 {2} 个采样或更多的声音。",
    "音声の形は {0}（音声、チャンネル、サンプル）、毎秒 {1} サンプルです。長さがあり、毎秒 {2} サンプル以上の音声をつないでください。",
    "소리의 모양은 {0}(소리, 채널, 샘플), 초당 {1}샘플입니다. 길이가 있고 초당 {2}샘플 이상인 소리를 연결하십시오.",
  ],

  // The inside of a pool
  ["The name of a reward is not text.", "奖励的名称不是文本。", "報酬の名前がテキストではありません。", "보상의 이름이 텍스트가 아닙니다."],
  ["A seed is not a number between 0 and 2^64.", "有种子不是 0 到 2^64 之间的数。", "0 から 2^64 の数でないシードがあります。", "0과 2^64 사이의 수가 아닌 시드가 있습니다."],
  ["A source row is not a number of 0 or more.", "有来源行号不是 0 或更大的数。", "0 以上の数でない元の行番号があります。", "0 이상의 수가 아닌 원본 행 번호가 있습니다."],
  ["Its recipe is of a kind that this pack does not know.", "其配方的类型本插件不认识。", "レシピの種類をこのパックは知りません。", "레시피의 종류를 이 팩이 모릅니다."],
  ["Its \"{0}\" holds an entry of the wrong type.", "其 \"{0}\" 中有类型错误的条目。", "\"{0}\" に型の違う項目があります。", "\"{0}\"에 형이 잘못된 항목이 있습니다."],
  ["Its \"{0}\" is {1}, not a number of 0 or more.", "其 \"{0}\" 为 {1}，不是 0 或更大的数。", "\"{0}\" が {1} で、0 以上の数ではありません。", "\"{0}\"이(가) {1}(으)로 0 이상의 수가 아닙니다."],
  ["Its \"{0}\" is missing or of the wrong type.", "其 \"{0}\" 缺失或类型错误。", "\"{0}\" がないか、型が違います。", "\"{0}\"이(가) 없거나 형이 잘못되었습니다."],
  [
    "The lookahead pool has {0} latents but {1} seeds.",
    "前瞻样本池有 {0} 个 Latent，却有 {1} 个种子。",
    "先読みプールの潜在は {0} 個ですが、シードは {1} 個です。",
    "미리보기 풀의 잠재는 {0}개인데 시드는 {1}개입니다.",
  ],
  [
    "The lookahead pool has {0} latents but names the source rows of {1}.",
    "前瞻样本池有 {0} 个 Latent，却有 {1} 个来源行号。",
    "先読みプールの潜在は {0} 個ですが、元の行番号は {1} 個です。",
    "미리보기 풀의 잠재는 {0}개인데 원본 행 번호는 {1}개입니다.",
  ],
  [
    "The lookahead pool has {0} latents but {1} has the shape {2}: give one number for each latent.",
    "前瞻样本池有 {0} 个 Latent，而 {1} 的形状为 {2}：请为每个 Latent 给一个数。",
    "先読みプールの潜在は {0} 個ですが、{1} の形は {2} です。潜在ごとに 1 つの数を与えてください。",
    "미리보기 풀의 잠재는 {0}개인데 {1}의 모양은 {2}입니다. 잠재마다 숫자를 하나씩 주십시오.",
  ],
  [
    "The lookahead pool's {0} are {1}: give floating point numbers of 16 to 64 bits.",
    "前瞻样本池的 {0} 是 {1}：请给出 16 到 64 位的浮点数。",
    "先読みプールの {0} は {1} です。16 から 64 ビットの浮動小数点数を与えてください。",
    "미리보기 풀의 {0}은(는) {1}입니다. 16~64비트 부동소수점 수를 주십시오.",
  ],
  [
    "The lookahead pool's rewards are made of the scores {0}, but it has {1}.",
    "前瞻样本池的奖励由分数 {0} 构成，但其中只有 {1}。",
    "先読みプールの報酬はスコア {0} から成りますが、あるのは {1} です。",
    "미리보기 풀의 보상은 점수 {0}(으)로 이루어지는데 있는 것은 {1}입니다.",
  ],
  [
    "The lookahead pool's rewards hold NaN or infinity: build it with Pool.scored.",
    "前瞻样本池的奖励含有 NaN 或无穷大：请用 Pool.scored 创建。",
    "先読みプールの報酬に NaN か無限大があります。Pool.scored で作ってください。",
    "미리보기 풀의 보상에 NaN이나 무한대가 있습니다. Pool.scored로 만드십시오.",
  ],
];

const TRANSLATIONS = ["zh", "ja", "ko"];

/** A pattern that matches the sentence whatever is filled in. A filled-in part may be a user's text in quotation marks. */
function pattern(english) {
  const literal = english.replace(/[.*+?^$()[\]\\|]/g, "\\$&");
  return new RegExp(`^${literal.replace(/\{\d+\}/g, '("[^"]*"|[\\s\\S]*?)')}$`);
}

// Those with the most words of their own first: "{0} is not there" matches much.
const words = (english) => english.replace(/\{\d+\}/g, "").length;
const known = [...SENTENCES]
  .sort(([one], [other]) => words(other) - words(one))
  .map(([english, ...translations]) => ({ pattern: pattern(english), translations }));

/** The server's `sentence` in the language `code`, such as "zh-TW"; as it is where there is no translation. */
export function translated(sentence, code = "en") {
  const language = TRANSLATIONS.indexOf(code.split("-")[0]);
  const text = sentence.trim();
  const found = language < 0 ? undefined : known.find((each) => each.pattern.test(text));
  if (!found) return sentence;
  const [, ...filled] = text.match(found.pattern);
  return found.translations[language].replace(/\{(\d+)\}/g, (_, place) => translated(filled[place], code));
}
