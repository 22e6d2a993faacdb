"""Variables written where the environment they serve sets them: its activate scripts, conda's own variables."""
