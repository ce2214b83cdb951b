"""The pack's own socket types."""

from comfy_api.v0_0_2 import io

RewardType = io.Custom("LIDAR_REWARD")
ConfigType = io.Custom("LIDAR_CONFIG")
PoolType = io.Custom("LIDAR_POOL")

CATEGORY = "LiDAR"
