// What runs told about each node, for as long as the browser's tab lives: no part of the workflow, so that a run
// neither changes the file nor fills the undo history, and a picture's workflow never carries an older run's numbers.

const PREFIX = "lidar-sampling.results/";

export function keep(workflow, id, results) {
  const text = JSON.stringify(results);
  try {
    sessionStorage.setItem(`${PREFIX}${workflow}/${id}`, text);
  } catch {
    // The tab's storage is full: the panels keep what they show, and the storage is cleared.
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
}

export function kept(workflow, id) {
  const text = sessionStorage.getItem(`${PREFIX}${workflow}/${id}`);
  return text ? JSON.parse(text) : undefined;
}

/** Pairs of execution id and results. */
export function allKept(workflow) {
  const start = `${PREFIX}${workflow}/`;
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(start));
  return keys.map((key) => [key.slice(start.length), JSON.parse(sessionStorage.getItem(key))]);
}
