"""Pictures of the README, and the script that makes them: `python -m images.make`."""
