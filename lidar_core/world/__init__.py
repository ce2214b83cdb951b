"""The embedded world: coloured shapes, a tiny latent diffusion model of them, a learned scorer and an exact verifier."""
