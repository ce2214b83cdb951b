// Plays one sound at a time, from whichever panel.

const audio = new Audio();
let tellStopped = () => {};
// Counts what was played, so that a sound that is replaced while it loads does not stop the next one.
let turn = 0;

export function stop() {
  audio.pause();
  tellStopped();
  tellStopped = () => {};
}

/** Play `url` from its start, or stop it; changed: is called with whether it plays. */
export function toggle(url, changed) {
  const again = !audio.paused && audio.src === new URL(url, location.href).href;
  stop();
  if (again) return;
  tellStopped = () => changed(false);
  audio.src = url;
  changed(true);
  turn += 1;
  const mine = turn;
  // The host empties its temporary folder when it starts.
  audio.play().catch(() => mine === turn && stop());
}

audio.addEventListener("ended", stop);
