/*
 * A program to be captured while it runs: says where its code and a piece of
 * generated code lie, and waits to be killed.
 *
 *	contained FIFO MODE [ROOT]
 *
 * MODE is where the generated code lies: "anon", in anonymous memory, "shared"
 * or "private", in a file in memory; "memfd" has the program itself in one. The
 * names of generated code go to /tmp/perf-PID.map, unless MAP_DIR names another
 * directory. With ROOT, an empty directory, it runs in mount and pid namespaces
 * of its own, as /opt/program of a file system that nobody else has; so it has
 * to be linked statically.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) int hot_in_container(int n)
{
	return n * 3 + 1;
}

static void restart_from_memory(char *fifo)
{
	int from = open("/proc/self/exe", O_RDONLY);
	int to = memfd_create("program", 0);
	char *arguments[] = { "contained", fifo, "anon", NULL };
	char bytes[4096];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)n) != n)
			exit(1);
	fexecve(to, arguments, environ);
	exit(1);
}

/* Of this program's, to a new file. */
static void copy_to(const char *path)
{
	int from = open("/proc/self/exe", O_RDONLY);
	int to = open(path, O_WRONLY | O_CREAT, 0755);
	char bytes[4096];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)n) != n)
			exit(1);
	close(to);
}

/* Goes on as process 1 of a container, from whose root nothing leads out. */
static void enter_container(const char *root, const char *fifo)
{
	int status = 1;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID) != 0)
		exit(1);
	if (fork() != 0) {
		wait(&status);
		exit(status != 0);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", root, "tmpfs", 0, NULL) != 0 || chdir(root) != 0 ||
	    mkdir("opt", 0755) != 0 || mkdir("tmp", 0755) != 0 ||
	    chmod("tmp", 01777) != 0 || mkdir("old", 0755) != 0)
		exit(1);
	copy_to("opt/program");
	close(open("started", O_WRONLY | O_CREAT, 0644));
	if (mount(fifo, "started", NULL, MS_BIND, NULL) != 0 ||
	    syscall(SYS_pivot_root, ".", "old") != 0 || chdir("/") != 0 ||
	    umount2("/old", MNT_DETACH) != 0)
		exit(1);
	unsetenv("MAP_DIR");
	if (getenv("RUN_AS") && setuid((uid_t)atoi(getenv("RUN_AS"))) != 0)
		exit(1);
	execl("/opt/program", "program", "/started", "anon", NULL);
	exit(1);
}

static void *generate(const char *mode)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, fd = -1;
	char page[4096];

	memset(page, 0xc3, sizeof(page));
	if (strcmp(mode, "anon") != 0) {
		flags = strcmp(mode, "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
		fd = memfd_create("generated", 0);
		if (write(fd, page, sizeof(page)) != sizeof(page))
			exit(1);
	}
	return mmap(NULL, sizeof(page), PROT_READ | PROT_EXEC, flags, fd, 0);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("MAP_DIR");
	char path[4096];
	void *code;
	FILE *file;

	if (argc < 3)
		return 2;
	if (argc > 3)
		enter_container(argv[3], argv[1]);
	if (strcmp(argv[2], "memfd") == 0)
		restart_from_memory(argv[1]);
	code = generate(argv[2]);
	snprintf(path, sizeof(path), "%s/perf-%d.map", dir ? dir : "/tmp",
		 (int)getpid());
	file = fopen(path, "w");
	if (code == MAP_FAILED || !file)
		return 1;
	fprintf(file, "%lx 1000 generated_in_container\n", (unsigned long)code);
	fclose(file);
	file = fopen(argv[1], "w");
	if (!file)
		return 1;
	fprintf(file, "%p %p\n", (void *)hot_in_container, code);
	fclose(file);
	for (;;)
		pause();
}
