"""Turns a UI-format workflow into the API format that a server executes, as the front end does."""

NOTES = ("Note", "MarkdownNote")
MUTED, BYPASSED = 2, 4


def widgets(definition: dict) -> dict[str, dict]:
    """The options of each input that the front end shows as a widget, in order."""
    found = {}
    for group in ("required", "optional"):
        for name, spec in definition["input"].get(group, {}).items():
            options = spec[1] if len(spec) > 1 else {}
            if isinstance(spec[0], list):
                options = {**options, "options": spec[0]}
            elif spec[0] not in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO") or options.get("forceInput"):
                continue
            found[name] = options
    return found


def api_prompt(workflow: dict, object_info: dict) -> dict:
    """Nodes by id with their inputs: widget values in the order of the node's definition, links as [id, output].

    Widgets that were appended after a workflow was saved have their default values.
    """
    links = {link[0]: [str(link[1]), link[2]] for link in workflow["links"]}
    prompt = {}
    for node in workflow["nodes"]:
        assert node["mode"] != BYPASSED, f"{node['type']} is bypassed, which this conversion does not know"
        if node["type"] in NOTES or node["mode"] == MUTED:
            continue
        values = list(node["widgets_values"])
        inputs = {}
        for name, options in widgets(object_info[node["type"]]).items():
            inputs[name] = values.pop(0) if values else options["default"]
            if options.get("control_after_generate"):
                assert values.pop(0) in ("fixed", "increment", "decrement", "randomize")
            if options.get("image_upload"):
                assert values.pop(0) == "image"
        assert not values, f"{node['type']} has widget values {values} that its definition does not know"
        inputs |= {entry["name"]: links[entry["link"]] for entry in node["inputs"] if entry["link"] is not None}
        prompt[str(node["id"])] = {"class_type": node["type"], "inputs": inputs}
    for node in prompt.values():
        # Nothing comes from a muted node.
        gone = [name for name, value in node["inputs"].items() if isinstance(value, list) and value[0] not in prompt]
        for name in gone:
            del node["inputs"][name]
    return prompt
