#pragma once

#include <stdbool.h>

/* The number of this run's mutant, or -1; a byte for each mutant, set when the program came to it. */
extern int mutant_of_run;
extern unsigned char *mutants_reached;

static inline bool is_mutant(int number)
{
	mutants_reached[number] = 1;
	return number == mutant_of_run;
}
