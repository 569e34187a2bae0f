#pragma once

#include <stdbool.h>

/* A byte for each mutant: 1 if this run has it, or when the program has come to it. */
extern unsigned char mutants_of_run[];
extern unsigned char *mutants_reached;

static inline bool is_mutant(int number)
{
	mutants_reached[number] = 1;
	return mutants_of_run[number];
}
