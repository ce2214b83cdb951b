// The panel's look, in the colours of the page's theme. Words are at least 12 px high, and 4.5 : 1 against their ground.

export const sheet = new CSSStyleSheet();

sheet.replaceSync(`
:host {
  --text: var(--input-text, #ddd);
  --page: var(--comfy-menu-bg, #353535);
  --ground: color-mix(in srgb, var(--text) 12%, var(--page));
  --dim: color-mix(in srgb, var(--text) 82%, var(--page));
  --line: color-mix(in srgb, var(--text) 30%, var(--page));
  --bar: #5b8def;
  --mark: #e8962e;
  display: block;
  width: 100%;
  height: 100%;
  font: 12px/16px Inter, system-ui, sans-serif;
  color: var(--text);
}
* { box-sizing: border-box; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: left; }
:focus-visible { outline: 2px solid var(--bar); outline-offset: -2px; }
[hidden] { display: none !important; }

.panel {
  display: flex; flex-direction: column; gap: 6px; height: 100%; min-height: 0; overflow: hidden;
  background: var(--page); border-radius: 6px;
}
.head { display: flex; gap: 6px; height: 20px; align-items: center; padding: 0 4px; flex: none; border-radius: 4px; }
.head:hover { background: var(--ground); }
.summary { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--dim); }
.meter { height: 3px; flex: none; background: var(--ground); border-radius: 2px; overflow: hidden; margin-top: -4px; }
.meter i { display: block; height: 100%; background: var(--bar); }
.plan, .followed { flex: none; height: 34px; padding: 0 4px; overflow: hidden auto; scrollbar-width: thin; }
.followed { height: 51px; }
.plan { color: var(--dim); }

.samples { position: relative; flex: 1 1 0; min-height: 0; display: flex; }
.thumbs {
  display: grid; gap: 4px; align-content: start; flex: 1; min-width: 0; overflow: hidden auto; scrollbar-width: thin;
  grid-template-columns: repeat(auto-fill, minmax(66px, 1fr));
}
.thumb { display: flex; flex-direction: column; gap: 2px; border-radius: 4px; padding: 2px; min-width: 0; }
.thumb:hover { background: var(--ground); }
.frame {
  display: block; position: relative; aspect-ratio: var(--aspect, 1); border-radius: 3px; overflow: hidden;
  background: var(--ground); border: 1px solid var(--line);
}
.frame img { width: 100%; height: 100%; object-fit: contain; display: block; }
.frame.bare::after { content: attr(data-rank); position: absolute; inset: 0; display: grid; place-items: center; }
.play {
  position: absolute; left: 3px; bottom: 3px; width: 24px; height: 24px; border-radius: 12px; background: #000a;
  display: grid; place-items: center; color: #fff;
}
.play::before { content: "\\25b6"; }
.playing .play::before { content: "\\25a0"; }
.play:hover { background: var(--bar); }
.leads .frame { border: 2px solid var(--mark); }
.mark {
  align-self: center; max-width: 100%; padding: 0 3px; border-radius: 3px; background: var(--mark); color: #1b1206;
  font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
}
.chosen .frame { outline: 2px solid var(--bar); outline-offset: 1px; }
.pick { background: var(--bar); color: #0b1220; }
.stars { display: flex; align-self: stretch; height: 16px; color: var(--line); }
.stars > * { flex: 1; text-align: center; font-size: 14px; }
.stars:hover > *, .stars > .on { color: var(--mark); }
.stars > :hover ~ * { color: var(--line); }
.choice { display: flex; gap: 8px; flex: none; height: 24px; padding: 0 4px; align-items: center; }
.choice span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.choice button { padding: 2px 8px; border: 1px solid var(--line); border-radius: 5px; background: var(--ground); }
.bar { display: block; height: 4px; border-radius: 2px; background: var(--ground); overflow: hidden; flex: none; }
.bar i { display: block; height: 100%; background: var(--bar); border-radius: 2px; }
.leads .bar i { background: var(--mark); }
.reward { text-align: center; font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden; }

/* While a run draws new ones, what is left of the run before is seen to be old. */
:is([data-phase="lookahead"], [data-phase="decoding"], [data-phase="scoring"], [data-phase="measuring"])
  .samples:not(.live) .thumbs,
.panel:not([data-phase=""]) :is(.followed, figure, .cost) { opacity: 0.35; filter: grayscale(1); }
:is([data-phase="lookahead"], [data-phase="decoding"], [data-phase="scoring"], [data-phase="measuring"])
  .samples:not(.live)::after {
  content: attr(data-stale); position: absolute; inset: 0; margin: auto; width: fit-content; height: fit-content;
  padding: 3px 10px; border-radius: 10px; border: 1px solid var(--line); background: var(--page); color: var(--text);
}

figure { margin: 0; flex: none; height: 78px; padding: 0 4px; display: flex; flex-direction: column; }
figcaption { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
svg { width: 100%; flex: 1; min-height: 0; background: var(--ground); border-radius: 3px; overflow: visible; padding: 2px; }
.axis { display: flex; justify-content: space-between; color: var(--dim); }
.mean { fill: none; stroke: var(--bar); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.range { fill: var(--bar); opacity: 0.25; }

.cost { display: flex; flex: none; height: 54px; margin: 0 4px; border-top: 1px solid var(--line); padding-top: 3px; }
.cost div { flex: 1 1 auto; min-width: 0; padding-right: 8px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.cost div:last-child { padding-right: 0; }
.cost b { font-weight: 600; font-variant-numeric: tabular-nums; display: block; }
.cost span { color: var(--dim); display: block; }
.note { flex: none; color: var(--dim); padding: 0 4px; overflow: hidden; }
.off { height: 32px; }
.missed { height: 64px; }

.menu {
  position: fixed; margin: 0; inset: auto; padding: 4px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--page); color: var(--text); box-shadow: 0 4px 16px #0006; font-size: 13px;
}
.menu button { display: block; width: 100%; padding: 5px 10px; border-radius: 4px; white-space: nowrap; }
.menu button:hover, .menu button:focus-visible { background: var(--ground); }

.question { flex: none; padding: 2px 4px; font-size: 13px; line-height: 18px; }
.pair { display: flex; gap: 6px; flex: 1 1 0; min-height: 0; }
.side { flex: 1 1 0; min-width: 0; border: 2px solid var(--line); border-radius: 5px; background: var(--ground); }
.side:hover { border-color: var(--bar); }
.side img { display: block; width: 100%; height: 100%; object-fit: contain; }
.vote .actions { padding: 0 4px; }
.told { flex: none; height: 64px; padding: 0 4px; overflow: hidden auto; scrollbar-width: thin; }

dialog {
  border: 1px solid var(--line); border-radius: 8px; padding: 12px; background: var(--page); color: var(--text);
  font-size: 13px; line-height: 18px; max-width: 94vw; max-height: 94vh; overflow: auto; min-width: 320px;
}
dialog:focus { outline: none; }
dialog::backdrop { background: #000a; }
dialog img { display: block; max-width: 100%; max-height: 78vh; margin: 0 auto; background: var(--ground); }
dialog audio { display: block; width: 100%; margin-top: 8px; }
dialog .facts { margin: 8px 0; max-width: 80ch; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
dialog .dim { color: var(--dim); }
.actions { display: flex; gap: 6px; flex-wrap: wrap; flex: none; }
.actions button { padding: 4px 10px; border: 1px solid var(--line); border-radius: 5px; background: var(--ground); }
.actions .stars { height: auto; }
.actions .stars > * { font-size: 18px; }
.actions .last { margin-left: auto; }
`);
