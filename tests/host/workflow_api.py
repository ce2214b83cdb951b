"""Turns a UI-format workflow into the API format that a server executes, as the front end does."""


def api_prompt(workflow: dict, object_info: dict) -> dict:
    """Nodes by id with their inputs: widget values in the order of the node's definition, links as [id, output]."""
    links = {link[0]: [str(link[1]), link[2]] for link in workflow["links"]}
    prompt = {}
    for node in workflow["nodes"]:
        if node["type"] == "Note":
            continue
        values = list(node["widgets_values"])
        inputs = {}
        for group in ("required", "optional"):
            for name, spec in object_info[node["type"]]["input"].get(group, {}).items():
                options = spec[1] if len(spec) > 1 else {}
                if not (isinstance(spec[0], list) or spec[0] in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")):
                    continue
                inputs[name] = values.pop(0)
                if options.get("control_after_generate"):
                    assert values.pop(0) in ("fixed", "increment", "decrement", "randomize")
        assert not values, f"{node['type']} has widget values {values} that its definition does not know"
        inputs |= {entry["name"]: links[entry["link"]] for entry in node["inputs"] if entry["link"] is not None}
        prompt[str(node["id"])] = {"class_type": node["type"], "inputs": inputs}
    return prompt
