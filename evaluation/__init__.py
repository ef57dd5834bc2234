"""Expert pool, draw, meeting, scores, ranking, report and archive."""
