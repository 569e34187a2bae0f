/*
 * Read once, when a process begins, of its environment: MUTANT, the number of the fault that it has, or of several with commas
 * between, and MUTANTS_REACHED, a directory with a file for each test (MUTANTS_TEST, or the bats file that runs and the number of its test, which is 0 outside
 * of each), in which each fault that it came to has a byte. The file is mapped: also a process that is killed has said so.
 */
#define _GNU_SOURCE
#include "mutants.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1 << 16 };

static unsigned char nowhere[MOST];

unsigned char mutants_of_run[MOST];
unsigned char *mutants_reached = nowhere;

static void note_reached(const char *directory)
{
	const char *test = getenv("MUTANTS_TEST"), *number = NULL;
	char path[4096];
	void *map;
	int fd;

	if (!test) {
		test = getenv("BATS_TEST_FILENAME");
		number = getenv("BATS_TEST_NUMBER");
		number = number ? number : "0";
	}
	if (!test)
		return;
	if (strrchr(test, '/'))
		test = strrchr(test, '/') + 1;
	snprintf(path, sizeof(path), "%s/%s%s%s", directory, test, number ? ":" : "", number ? number : "");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	fchmod(fd, 0666);
	if (ftruncate(fd, MOST) == 0) {
		map = mmap(NULL, MOST, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			mutants_reached = map;
	}
	close(fd);
}

__attribute__((constructor)) static void read_environment(void)
{
	const char *numbers = getenv("MUTANT"), *directory = getenv("MUTANTS_REACHED");
	char *end;
	unsigned long number;

	while (numbers && *numbers) {
		number = strtoul(numbers, &end, 10);
		if (end == numbers)
			break;
		if (number < MOST)
			mutants_of_run[number] = 1;
		numbers = *end ? end + 1 : end;
	}
	if (directory)
		note_reached(directory);
}
