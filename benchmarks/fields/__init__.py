"""The analytic world: pictures whose exact denoiser is known in closed form, at any latent size."""
