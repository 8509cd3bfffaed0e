// Removed as soon as the room has its first source.
