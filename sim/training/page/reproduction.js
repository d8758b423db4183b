function showReproduction() {}
