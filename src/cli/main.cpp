// Placeholder main until the room exists.
int main() {}
