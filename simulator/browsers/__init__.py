"""Browsers with the Voice SDK: signalling over a WebSocket, audio over WebRTC. Imports calls."""
