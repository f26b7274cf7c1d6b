/* The cache: what is put can be got, and damage is a miss. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cache/cache.h"
#include "tests/tap.h"

static char folder[64];

static struct cache *open_cache(void)
{
	struct err err;
	struct cache *cache = cache_open(folder, &err);

	if (!cache)
		printf("# %s\n", err.text);
	return cache;
}

static bool has(struct cache *cache, uint64_t number, const char *wanted)
{
	const void *bytes;
	size_t size;

	return cache_get(cache, "b:1234", CACHE_UNIT, number, &bytes, &size) &&
	       size == strlen(wanted) && memcmp(bytes, wanted, size) == 0;
}

static void put(struct cache *cache, uint64_t number, const char *text)
{
	cache_put(cache, "b:1234", CACHE_UNIT, number, text, strlen(text));
}

static void test_entries(void)
{
	struct cache *cache = open_cache();

	if (!ok(cache != NULL, "a new cache"))
		return;
	ok(!has(cache, 1, "one"), "nothing is in it");
	put(cache, 1, "one");
	put(cache, UINT64_MAX, "most");
	cache_flush(cache);
	ok(has(cache, 1, "one") && has(cache, UINT64_MAX, "most"),
	   "what was put is there");
	put(cache, 1, "uno");
	cache_flush(cache);
	ok(has(cache, 1, "uno"), "and can be replaced");
	cache_close(cache);
	cache = open_cache();
	ok(has(cache, 1, "uno"), "also later");
	ok(!cache_trouble(cache), "without trouble");
	cache_close(cache);
	ok(!cache_get(NULL, "b:1", CACHE_UNIT, 0, NULL, NULL),
	   "no cache knows nothing");
}

static char *database(void)
{
	return mem_printf("%s/symconv-2.db", folder);
}

/* After any damage: no wrong bytes, and soon a cache again. */
static void test_damage(void)
{
	char *path = database();
	unsigned n_wrong = 0, n_unusable = 0;

	for (unsigned i = 0; i < 300; i++) {
		struct cache *cache = open_cache();
		const void *bytes;
		int fd = open(path, O_RDWR);
		off_t size = lseek(fd, 0, SEEK_END);
		off_t at = (off_t)(i * 7919u) % size;
		unsigned char byte;
		size_t n;

		put(cache, 1, "uno");
		cache_close(cache);
		if (pread(fd, &byte, 1, at) == 1) {
			byte ^= (unsigned char)(1 + i % 255);
			if (pwrite(fd, &byte, 1, at) != 1)
				n_unusable++;
		}
		close(fd);
		cache = open_cache();
		if (cache_get(cache, "b:1234", CACHE_UNIT, 1, &bytes, &n) &&
		    (n != 3 || memcmp(bytes, "uno", 3) != 0))
			n_wrong++;
		cache_close(cache);
		if (!cache) {
			/* Not ours any more: somebody has to take it away. */
			unlink(path);
		}
	}
	ok_equal(n_wrong, 0, "no damaged entry is given out");
	ok_equal(n_unusable, 0, "(the file could be damaged)");
	free(path);
}

static void test_several(void)
{
	enum { PROCESSES = 6, ROUNDS = 30 };
	struct cache *cache;
	bool is_whole = true;

	for (int p = 0; p < PROCESSES; p++)
		if (fork() == 0) {
			for (int i = 0; i < ROUNDS; i++) {
				struct cache *own = open_cache();

				put(own, (uint64_t)(100 + i), "text");
				cache_close(own);
			}
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	cache = open_cache();
	for (uint64_t i = 100; i < 100 + ROUNDS; i++)
		is_whole = is_whole && has(cache, i, "text");
	ok(is_whole, "%d processes write at once", PROCESSES);
	cache_close(cache);
}

static void test_killed(void)
{
	struct cache *cache;

	for (useconds_t i = 0; i < 40; i++) {
		pid_t pid = fork();

		if (pid == 0)
			for (uint64_t n = 0;; n++) {
				struct cache *own = open_cache();

				put(own, n % 50, "killed");
				cache_close(own);
			}
		usleep(1000 + i * 500);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	cache = open_cache();
	ok(cache && !has(cache, 1, "wrong"), "killed writers leave a cache");
	put(cache, 7, "after");
	cache_flush(cache);
	ok(has(cache, 7, "after"), "that can be written");
	cache_close(cache);
}

static void test_foreign(void)
{
	char *path = database();
	FILE *file = fopen(path, "w");
	struct cache *cache;
	struct err err;

	fputs("this is not a database, but some text of somebody's\n", file);
	fclose(file);
	cache = open_cache();
	ok(cache && cache_trouble(cache), "another file is begun anew");
	cache_close(cache);
	chmod(folder, 0777);
	ok(!cache_open(folder, &err), "a folder for anybody is not used");
	chmod(folder, 0700);
	ok(!cache_open("/dev/null/x", &err), "a folder that cannot be made");
	free(path);
}

int main(void)
{
	char template[] = "/tmp/symconv-test.XXXXXX", *command;

	snprintf(folder, sizeof(folder), "%s/cache", mkdtemp(template));
	test_entries();
	test_several();
	test_killed();
	test_damage();
	test_foreign();
	command = mem_printf("rm -rf %s", template);
	ok_equal(system(command), 0, "cleaned up");
	free(command);
	return tap_done();
}
