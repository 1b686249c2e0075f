"""Literature: what connectors of articles share: identifiers, licences, searches, and texts that may not be kept."""
