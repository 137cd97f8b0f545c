/*
 * The time that the installed libseccomp takes from rules to program.
 *
 * compile RULES ROUNDS: RULES holds a line "F default optimize", then "A token" and
 * "R action name nargs [index op value value2]..." lines. Prints nanoseconds per round, a line each,
 * after a line with the library's release and the length of the program in bytes.
 */
#define _GNU_SOURCE
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_RULES 4096

struct rule {
	uint32_t action;
	char name[64];
	unsigned nargs;
	struct scmp_arg_cmp args[6];
};

static struct rule rules[MAX_RULES];
static uint32_t archs[32], def, optimize;
static int rule_count, arch_count;

static void read_rules(const char *path)
{
	FILE *file = fopen(path, "r");
	char word[2];
	if (!file)
		exit(2);
	while (fscanf(file, "%1s", word) == 1) {
		if (word[0] == 'F') {
			if (fscanf(file, "%u %u", &def, &optimize) != 2)
				exit(2);
		} else if (word[0] == 'A') {
			if (fscanf(file, "%u", &archs[arch_count++]) != 1)
				exit(2);
		} else {
			struct rule *r = &rules[rule_count++];
			if (fscanf(file, "%u %63s %u", &r->action, r->name, &r->nargs) != 3)
				exit(2);
			for (unsigned i = 0; i < r->nargs; i++) {
				unsigned op;
				unsigned long long a, b;
				if (fscanf(file, "%u %u %llu %llu", &r->args[i].arg, &op, &a, &b) != 4)
					exit(2);
				r->args[i].op = op;
				r->args[i].datum_a = a;
				r->args[i].datum_b = b;
			}
		}
	}
	fclose(file);
}

static off_t compile(void)
{
	scmp_filter_ctx ctx = seccomp_init(def);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize);
	for (int i = 0; i < arch_count; i++)
		seccomp_arch_add(ctx, archs[i]);
	for (int i = 0; i < rule_count; i++) {
		int nr = seccomp_syscall_resolve_name(rules[i].name);
		if (nr != __NR_SCMP_ERROR)
			seccomp_rule_add_array(ctx, rules[i].action, nr, rules[i].nargs, rules[i].args);
	}
	int fd = memfd_create("bpf", 0);
	seccomp_export_bpf(ctx, fd);
	off_t size = lseek(fd, 0, SEEK_END);
	close(fd);
	seccomp_release(ctx);
	return size;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	read_rules(argv[1]);
	const struct scmp_version *version = seccomp_version();
	printf("%u.%u.%u %ld\n", version->major, version->minor, version->micro, (long)compile());
	for (int rounds = atoi(argv[2]); rounds > 0; rounds--) {
		struct timespec begin, end;
		clock_gettime(CLOCK_MONOTONIC, &begin);
		compile();
		clock_gettime(CLOCK_MONOTONIC, &end);
		printf("%lld\n", (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec);
	}
	return 0;
}
