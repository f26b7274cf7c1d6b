#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/cache.h"
#include "cmd/convert.h"
#include "cmd/diff.h"
#include "cmd/merge.h"
#include "cmd/perf_to_profile.h"
#include "cmd/report.h"
#include "cmd/symbolize.h"
#include "symbolize/fetch_worker.h"
#include "symbolize/worker.h"

/*
 * A file opened later must not get the number of a standard stream that the
 * caller has closed, or messages would end up in it.
 */
static void open_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void end_by_signal(int number)
{
	file_discard_temporary();
	signal(number, SIG_DFL);
	raise(number);
}

static void set_signals(void)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		if (signal(ending[i], SIG_IGN) != SIG_IGN)
			signal(ending[i], end_by_signal);
	/* These are errors of write() instead. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* The command that the first word names, or a conversion. */
static int run_command(int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "cache", cache_main },	 { "diff", diff_main },
		{ "merge", merge_main },	 { "report", report_main },
		{ "symbolize", symbolize_main }, { "top", convert_main },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (argc > 1 && strcmp(argv[1], commands[i].word) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return convert_main(argc, argv);
}

int main(int argc, char **argv)
{
	int status;

	if (argc == 2 && strcmp(argv[1], WORKER_ARGUMENT) == 0)
		return worker_main();
	if (argc == 2 && strcmp(argv[1], FETCH_ARGUMENT) == 0)
		return fetch_worker_main();
	open_standard_streams();
	set_signals();
	if (argc > 0 && is_perf_to_profile(argv[0]))
		status = perf_to_profile_main(argc, argv);
	else
		status = run_command(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("symconv: standard output");
		return EXIT_FAILURE;
	}
	return status;
}
