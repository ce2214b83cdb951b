"""The pack's nodes: thin shells around lidar_core. host/ holds every contact with ComfyUI's internals."""

from comfy_api.v0_0_2 import ComfyExtension, io

from .audio_metric import LiDARAudioMetric
from .blind_vote import LiDARBlindVote
from .demo_loader import LiDARDemoLoader
from .guidance import LiDARGuidance
from .host import files
from .ksampler import LiDARKSampler
from .list_entry import LiDARListEntry
from .load_pool import LiDARLoadPool
from .lookahead import LiDARLookahead
from .lookahead_config import LiDARLookaheadConfig
from .merge_pools import LiDARMergePools
from .paper_guidance import LiDARPaperGuidance
from .pool_from_scores import LiDARPoolFromScores
from .pool_noise import LiDARPoolNoise
from .reward_checklist import LiDARRewardChecklist
from .reward_detector import LiDARRewardDetector
from .reward_from_clip import LiDARRewardFromClip
from .reward_from_ratings import LiDARRewardFromRatings
from .reward_from_vlm import LiDARRewardFromVLM
from .reward_loader import LiDARRewardLoader
from .reward_metric import LiDARRewardMetric
from .reward_mix import LiDARRewardMix
from .reward_text import LiDARRewardText
from .save_pool import LiDARSavePool
from .score_audio import LiDARScoreAudio
from .score_images import LiDARScoreImages
from .score_latents import LiDARScoreLatents
from .video_metric import LiDARVideoMetric

NODES: list[type[io.ComfyNode]] = [
    LiDARKSampler,
    LiDARRewardLoader,
    LiDARRewardMetric,
    LiDARAudioMetric,
    LiDARVideoMetric,
    LiDARRewardMix,
    LiDARLookaheadConfig,
    LiDARLookahead,
    LiDARGuidance,
    LiDARPaperGuidance,
    LiDARScoreImages,
    LiDARScoreLatents,
    LiDARScoreAudio,
    LiDARPoolFromScores,
    LiDARPoolNoise,
    LiDARSavePool,
    LiDARLoadPool,
    LiDARMergePools,
    LiDARDemoLoader,
    LiDARRewardFromVLM,
    LiDARRewardFromClip,
    LiDARListEntry,
    LiDARRewardChecklist,
    LiDARRewardText,
    LiDARRewardFromRatings,
    LiDARRewardDetector,
    LiDARBlindVote,
]


class LiDARExtension(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return NODES


async def comfy_entrypoint() -> ComfyExtension:
    # Not in on_load, which ComfyUI 0.12 never calls.
    files.register_reward_folder()
    return LiDARExtension()
