"""python -m lidar_core demo "PROMPT": LiDAR sampling in the embedded world, from the command line."""

import argparse
from pathlib import Path

DEFAULT_PROMPT = "three green squares"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lidar_core", description="LiDAR sampling without ComfyUI.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="plain and LiDAR pictures of a prompt, at the same seeds")
    demo.add_argument("prompt", nargs="?", default=DEFAULT_PROMPT, help=f'default: "{DEFAULT_PROMPT}"')
    demo.add_argument("--out", type=Path, default=Path("lidar_demo"), help="output folder (default: lidar_demo)")
    demo.add_argument("--images", type=int, default=8, help="pictures of each kind (default: 8)")
    demo.add_argument("--samples", type=int, default=16, help="lookahead samples (default: 16)")
    demo.add_argument(
        "--lookahead",
        choices=("plain", "distilled"),
        default="plain",
        help="what draws the lookahead samples: the model itself, or its distilled student (default: plain)",
    )
    demo.add_argument("--lookahead-steps", type=int, help="steps of each lookahead sample (default: 8, distilled 4)")
    demo.add_argument("--steps", type=int, default=30, help="sampling steps (default: 30)")
    demo.add_argument("--sampler", default="euler_ancestral", help="euler, euler_ancestral or dpmpp_2m")
    demo.add_argument(
        "--strength",
        type=float,
        default=1.0,
        help="0 turns LiDAR off, 1 follows the samples as far as the model agrees with them, 2 an octave further "
        "(default: 1)",
    )
    demo.add_argument("--seed", type=int, default=0, help="seed of the pictures and the lookahead (default: 0)")
    options = parser.parse_args()

    # Imported late: the demo needs diffusers and Pillow, the rest of the package does not.
    from .world.demo import DemoSettings, run_demo
    from .world.grammar import PromptError

    settings = vars(options)
    settings.pop("command")
    try:
        run_demo(DemoSettings(**settings))
    except PromptError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
