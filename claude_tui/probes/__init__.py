"""Active sources: status page, models, messages, network phases; the schedule."""
