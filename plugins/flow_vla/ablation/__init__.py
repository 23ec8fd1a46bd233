"""What the policy would be without one of its parts: trained and examined to see what the part is worth."""
