// Shows on the LiDAR nodes what a run did. The page finds this file by itself; panel.js draws the panels.

import { app } from "../../scripts/app.js";
import { api } from "../../scripts/api.js";
import { translated } from "./errors.js";
import { rootGraph, executionIds, nodeAt } from "./graph.js";
import { Panel } from "./panel.js";
import { addPresets } from "./presets.js";
import { allKept, keep, kept } from "./results.js";
import { Vote } from "./vote.js";
import { wordsOf } from "./words.js";

const WITH_PANEL = new Set(["LiDARKSampler", "LiDARLookahead", "LiDARGuidance", "LiDARPaperGuidance"]);
const panels = new WeakMap();
const votes = new WeakMap();
// How often the panels read their inputs, in milliseconds: no event of the page reports every change.
const PLAN_EVERY = 400;
const PROMPT_HEIGHT = 60;

/** The panels of the graph that is open, with the execution ids of their nodes. */
function openPanels() {
  const found = [];
  const visit = (graph, prefix) => {
    for (const node of graph.nodes ?? []) {
      const panel = panels.get(node);
      if (panel) found.push({ id: prefix + node.id, panel });
      if (node.subgraph) visit(node.subgraph, `${prefix}${node.id}:`);
    }
  };
  if (rootGraph()) visit(rootGraph(), "");
  return found;
}

/** Keep what a run of `workflow` told about a node, and show it if that workflow is open. */
function receive(workflow, id, news) {
  const results = { ...kept(workflow, id), ...news };
  const panel = workflow === rootGraph()?.id ? panels.get(nodeAt(id)) : undefined;
  if (panel) results.type = panel.node.type;
  keep(workflow, id, results);
  panel?.end();
  panel?.show(results);
}

/** Whether two results are of one pool; the seeds alone do not show it, because they are the same for every prompt. */
function samePool(one, other) {
  const pool = (result) => JSON.stringify([result.seeds, result.rewards]);
  return one && other && pool(one) === pool(other);
}

/** A guidance and the lookahead whose pool it uses are two nodes: each shows the other's part as well. */
function exchange(workflow, isNews) {
  if (workflow !== rootGraph()?.id) return;
  const all = openPanels();
  for (const guiding of all.filter(({ panel }) => panel.node.type === "LiDARGuidance")) {
    for (const looking of all.filter(({ panel }) => panel.node.type !== "LiDARGuidance")) {
      const { lookahead } = looking.panel.results;
      const { run } = guiding.panel.results;
      if (!(isNews(guiding.id) || isNews(looking.id)) || !samePool(lookahead, run)) continue;
      receive(workflow, guiding.id, { lookahead });
      if (looking.panel.node.type === "LiDARLookahead") receive(workflow, looking.id, { run });
    }
  }
}

// The workflow that a prompt belongs to, as its run says: another one may be open when a result comes.
const workflows = new Map();

function onExecuted({ detail }) {
  // Cached nodes without a result of their own say null.
  const told = (key) => detail.output?.[key]?.at(-1);
  const id = String(detail.display_node || detail.node);
  const workflow = workflows.get(detail.prompt_id) ?? rootGraph()?.id;
  const off = told("lidar_off");
  const [run] = told("lidar_run") ?? [];
  const from = told("lidar_from");
  if (told("lidar_vote")) showVote(workflow, id, told("lidar_vote"));
  else if (off) showOff(workflow, id, off, from);
  else if (told("lidar_scores")) receive(workflow, id, { own: { ...told("lidar_scores"), from: detail.prompt_id } });
  else if (told("lidar_lookahead")) showLookahead(workflow, id, told("lidar_lookahead"), detail.prompt_id);
  else if (run) showRun(workflow, id, run);
  else if (from === detail.prompt_id) showSampler(workflow, id, from);
  else if (from && from !== kept(workflow, id)?.from) recall(workflow, id, from);
}

/** From the cache: the results of the nodes that LiDAR KSampler expanded to are in the history of the run `from`. */
async function recall(workflow, id, from) {
  const { outputs, meta } = (await (await api.fetchApi(`/history/${from}`)).json())[from] ?? { outputs: {} };
  const told = (key) =>
    Object.keys(outputs)
      .filter((node) => meta[node].display_node === id)
      .map((node) => outputs[node][key]?.at(-1))
      .find(Boolean);
  const lookahead = told("lidar_lookahead");
  // The guidance may have led another sampling since.
  const run = told("lidar_run")?.find(({ prompt_id }) => prompt_id === from);
  if (lookahead || run) receive(workflow, id, { lookahead, run, own: told("lidar_scores"), from, off: undefined });
}

/** LiDAR KSampler ran, but perhaps none of the nodes that it expanded to: its pictures' results may be old. */
function showSampler(workflow, id, from) {
  const { own } = kept(workflow, id) ?? {};
  receive(workflow, id, { from, own: own?.from === from ? own : undefined });
}

function showOff(workflow, id, off, from) {
  const before = kept(workflow, id);
  // A cached result comes again without the rewards of its pictures.
  const own = from === undefined || from !== before?.from ? undefined : before.own;
  receive(workflow, id, { off, from, run: undefined, own });
}

function showLookahead(workflow, id, lookahead, prompt) {
  const before = kept(workflow, id);
  const reused = lookahead.prompt_id !== prompt;
  const run = samePool(before?.run, lookahead) ? before.run : undefined;
  receive(workflow, id, { lookahead: { ...lookahead, reused }, run, off: undefined });
  exchange(workflow, (other) => other === id);
}

function showVote(workflow, id, vote) {
  keep(workflow, id, { vote, type: "LiDARBlindVote" });
  if (workflow === rootGraph()?.id) votes.get(nodeAt(id))?.show(vote);
}

function onRun({ detail }) {
  const { node, workflow, ...run } = detail;
  showRun(workflow, node, run);
}

function showRun(workflow, node, run) {
  const before = kept(workflow, node);
  const lookahead = before?.lookahead;
  const same = samePool(lookahead, run) ? lookahead : undefined;
  // The host sends a cached run again at the end of a prompt that scored its pictures anew.
  const own = before?.run?.prompt_id === run.prompt_id ? before?.own : undefined;
  receive(workflow, node, { run, lookahead: same, own, off: undefined });
  exchange(workflow, (other) => other === node);
}

function onPhase({ detail }) {
  workflows.set(detail.prompt_id, detail.workflow);
  if (detail.workflow === rootGraph()?.id) panels.get(nodeAt(detail.node))?.begin(detail.phase);
}

function onSample({ detail }) {
  if (detail.workflow !== rootGraph()?.id) return;
  panels.get(nodeAt(detail.node))?.put(detail.sample, detail.count, detail.picture);
}

function onProgress({ detail }) {
  for (const state of Object.values(detail.nodes)) {
    if (state.state === "running") panels.get(nodeAt(String(state.display_node_id)))?.advance(state.value / state.max);
  }
}

// The nodes that the host has a result of, by prompt.
const cached = new Map();

function onCached({ detail }) {
  cached.set(detail.prompt_id, detail.nodes);
}

function onEnd({ detail }) {
  const fromCache = cached.get(detail?.prompt_id) ?? [];
  cached.delete(detail?.prompt_id);
  workflows.delete(detail?.prompt_id);
  for (const { id, panel } of openPanels()) {
    panel.end();
    if (fromCache.includes(id)) panel.miss();
  }
}

/** Put this pack's errors into the page's language before the page shows them. */
function translateError({ detail }) {
  if (detail.exception_type?.startsWith("lidar.")) detail.exception_message = translated(detail.exception_message, locale());
}

/** Show what the inputs say now. */
function drawPlans() {
  for (const { panel } of openPanels()) panel.drawPlan();
}

/** Samples and steps of a lookahead without a config. */
function lookaheadDefaults() {
  const { samples, steps } = LiteGraph.registered_node_types.LiDARLookaheadConfig.nodeData.input.required;
  return { samples: samples[1].default, steps: steps[1].default };
}

function addPanel(node) {
  keepSmall(node.widgets?.find(({ name }) => name === "reward_prompt"));
  const panel = new Panel(node, {
    pictureUrl,
    say: (severity, summary, detail) => app.extensionManager.toast.add({ severity, summary, detail, life: 5000 }),
    words: pageWords(),
    translate: (sentence) => translated(sentence, locale()),
    defaults: lookaheadDefaults,
    choose: drawPlans,
  });
  panels.set(node, panel);
  onceInGraph(node, (results) => panel.restore(results));
}

function addVote(node) {
  const vote = new Vote(node, { pictureUrl, words: pageWords().vote });
  votes.set(node, vote);
  onceInGraph(node, (results) => vote.show(results?.vote ?? vote.results));
}

function pictureUrl({ filename, subfolder, type }) {
  return api.apiURL(`/view?${new URLSearchParams({ filename, subfolder, type })}`);
}

function locale() {
  return app.extensionManager.setting.get("Comfy.Locale");
}

function pageWords() {
  return wordsOf(locale());
}

/** Call `act` with what is kept of `node` once it has its id, its place in a graph and its saved properties. */
function onceInGraph(node, act) {
  requestAnimationFrame(() => {
    const workflow = rootGraph().id;
    act(executionIds(node).map((id) => kept(workflow, id) ?? movedResults(node, id)).find(Boolean));
  });
}

/** The spare height of a node belongs to the thumbnails, not to the prompt box. */
function keepSmall(box) {
  if (!box) return;
  box.options.getMaxHeight = () => PROMPT_HEIGHT;
  const { emptyPrompt } = pageWords();
  box.options.placeholder = emptyPrompt;
  if (box.element) box.element.placeholder = emptyPrompt;
}

/** What is kept of a node that has just become part of a subgraph, or left one: its number stays. */
function movedResults(node, id) {
  const workflow = rootGraph().id;
  for (const [formerId, results] of allKept(workflow)) {
    if (results.type !== node.type || formerId.split(":").at(-1) !== String(node.id) || nodeAt(formerId)) continue;
    keep(workflow, id, results);
    return results;
  }
  return undefined;
}

app.registerExtension({
  name: "lidar-sampling.panel",
  setup() {
    api.addEventListener("execution_cached", onCached);
    api.addEventListener("executed", onExecuted);
    api.addEventListener("lidar.run", onRun);
    api.addEventListener("lidar.phase", onPhase);
    api.addEventListener("lidar.sample", onSample);
    api.addEventListener("progress_state", onProgress);
    for (const end of ["execution_success", "execution_error", "execution_interrupted"]) {
      api.addEventListener(end, onEnd);
    }
    // While the event is caught, before the page's own listeners.
    api.addEventListener("execution_error", translateError, { capture: true });
    setInterval(drawPlans, PLAN_EVERY);
  },
  nodeCreated(node) {
    if (WITH_PANEL.has(node.comfyClass)) addPanel(node);
    if (node.comfyClass === "LiDARBlindVote") addVote(node);
    if (node.comfyClass === "LiDARLookaheadConfig") {
      const { presets, default: own } = node.constructor.nodeData.input.optional.preset[1];
      addPresets(node, presets, own);
    }
  },
});
