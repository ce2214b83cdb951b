// A preset of LiDAR Lookahead Config fills in the inputs that it sets; an input that is changed by hand leaves it.

/** presets: for each name the values by input. own: the name that stands for no preset. */
export function addPresets(node, presets, own) {
  const widget = (name) => node.widgets.find((other) => other.name === name);
  const then = (input, act) => {
    const before = input.callback;
    input.callback = function (value, ...rest) {
      before?.call(this, value, ...rest);
      act(value);
      node.setDirtyCanvas(true, true);
    };
  };
  const preset = widget("preset");
  then(preset, (name) => {
    for (const [input, value] of Object.entries(presets[name] ?? {})) widget(input).value = value;
  });
  for (const input of new Set(Object.values(presets).flatMap(Object.keys))) {
    then(widget(input), () => {
      preset.value = own;
    });
  }
}
