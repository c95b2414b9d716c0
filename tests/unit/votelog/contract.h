/* The contract of votelog.h, as tests that every adapter runs. */
#ifndef VT_TESTS_VOTELOG_CONTRACT_H
#define VT_TESTS_VOTELOG_CONTRACT_H

#include "kit.h"
#include "votelog/votelog.h"

enum { VOTELOG_VOTES_MAX = 5000 };

typedef struct votelog_factory {
    const char *name;
    size_t votes;                          /* how many the tests append, at most VOTELOG_VOTES_MAX */
    vt_verdict verdict;                    /* what every row has */
    vt_position (*position)(int64_t vote); /* of the vote that is appended as the 1st, 2nd, … */
    vt_votelog *(*open)(void **context);   /* an empty log; *context is handed to the other calls */
    /* Appends these votes, the first of all, to the log's ledger, and waits until they are in the log. */
    void (*append)(void *context, vt_append *items, size_t count);
    void (*close)(void *context);
} votelog_factory;

int votelog_contract(const votelog_factory *factory);

#endif
