/*
 * What perf's own configuration says of where it keeps copies of files.
 */
#ifndef SYMBOLIZE_PERF_CONFIG_H
#define SYMBOLIZE_PERF_CONFIG_H

/*
 * The folder of perf's build-id cache: buildid.dir of ~/.perfconfig or
 * /etc/perfconfig (perf-config(1)), else ~/.debug; free() it. NULL where
 * neither is known.
 */
char *perf_config_buildid_dir(void);

#endif
