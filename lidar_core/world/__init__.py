"""The embedded world: coloured shapes, a tiny latent diffusion model, a learned scorer and an exact verifier."""
