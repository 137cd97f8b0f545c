/*
 * The time that the installed libseccomp takes from rules to program.
 *
 * compile RULES PROGRAM: RULES holds a line "F default optimize", then "A token" and
 * "R action name nargs [index op value value2]..." lines. Compiles once and prints the library's
 * release and the nanoseconds that this first time took; writes the program to PROGRAM. Then compiles
 * once more for each line on standard input and prints the nanoseconds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
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

/* With a path, writes the program there too: the library offers no other way to it than a file. */
static long long compile(const char *path)
{
	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
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
	close(fd);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (path) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || seccomp_export_bpf(ctx, fd) != 0)
			exit(2);
		close(fd);
	}
	seccomp_release(ctx);
	return (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	read_rules(argv[1]);
	const struct scmp_version *version = seccomp_version();
	long long first = compile(argv[2]);
	printf("%u.%u.%u %lld\n", version->major, version->minor, version->micro, first);
	fflush(stdout);
	char line[16];
	while (fgets(line, sizeof line, stdin)) {
		printf("%lld\n", compile(NULL));
		fflush(stdout);
	}
	return 0;
}
