// The cost of the next run, from the present inputs.

/** The value of a node's widget; undefined where something is wired to it. */
function valueOf(node, name) {
  const slot = node.inputs?.findIndex((input) => input.widget?.name === name) ?? -1;
  if (slot >= 0 && node.isInputConnected(slot)) return undefined;
  return node.widgets?.find((widget) => widget.name === name)?.value;
}

function sourceOf(node, name) {
  const slot = node.inputs?.findIndex((input) => input.name === name) ?? -1;
  return slot >= 0 && node.isInputConnected(slot) ? (node.getInputNode(slot) ?? undefined) : null;
}

/** Samples, steps and cfg of the lookahead, and whether another model draws it; undefined where that is not known. */
function lookaheadOf(node, defaults) {
  const config = sourceOf(node, "lookahead");
  if (config === null) return { ...defaults, cfg: valueOf(node, "cfg"), otherModel: false };
  if (config?.type !== "LiDARLookaheadConfig" || sourceOf(config, "sigmas") !== null) return undefined;
  const [samples, steps, cfg] = ["samples", "steps", "cfg"].map((name) => valueOf(config, name));
  const otherModel = ["model", "low_noise_model"].some((name) => sourceOf(config, name) !== null);
  return { samples, steps, cfg, otherModel };
}

/** With a cfg other than 1 the model runs twice for a call. */
function runs(cfg) {
  return cfg === 1 ? 1 : 2;
}

/** Model calls that measure how far the samples should lead; they run the model once, whatever the cfg. */
function measuring({ samples, steps, cfg }) {
  const tested = Math.min(4, samples);
  return 2 * tested * (samples * steps * runs(cfg) >= 32 * tested ? 2 : 1);
}

/**
 * A sentence on the cost of the next run of `node`; empty where something that decides it is wired.
 * defaults: samples and steps of a lookahead without a config. run: what the last one did, if there was one.
 */
export function plan(node, defaults, run, words) {
  const steps = valueOf(node, "steps");
  const sampling = node.comfyClass === "LiDARKSampler";
  if (sampling && valueOf(node, "strength") === 0 && valueOf(node, "start") === "fresh noise") {
    return steps === undefined ? "" : words.off(steps);
  }
  const lookahead = lookaheadOf(node, defaults);
  if (!(lookahead?.samples && lookahead.steps)) return "";
  const measured = measuring(lookahead);
  const drawn = words.plan(lookahead.samples, lookahead.steps, measured);
  if (!sampling || !steps) return `${drawn}.`;
  const ownCfg = valueOf(node, "cfg");
  const spent = lookahead.samples * lookahead.steps * runs(lookahead.cfg) + measured;
  const pictures = spent / (steps * runs(ownCfg));
  const written = pictures < 10 ? Number(pictures.toFixed(1)) : Math.round(pictures);
  const own = run?.steps === steps && run.followed?.length ? Math.round(run.model_calls / run.followed.length) : undefined;
  const worth = lookahead.otherModel ? "" : words.worth(written);
  return drawn + worth + (own === undefined ? words.steps(steps) : words.ownSteps(own, steps));
}
