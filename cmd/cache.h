/*
 * symconv cache: fills, shows and tends the symbol cache.
 */
#ifndef CMD_CACHE_H
#define CMD_CACHE_H

/* argv[0] is "cache". Returns the exit status. */
int cache_main(int argc, char **argv);

#endif
