/* The contract of tally.h against the fold in memory (vote/fold.h), as tests that every adapter runs. */
#ifndef VT_TESTS_TALLY_CONTRACT_H
#define VT_TESTS_TALLY_CONTRACT_H

#include "kit.h"
#include "tally/tally.h"

typedef struct tally_factory {
    const char *name;
    int32_t partitions;                /* as vt_ledger_partitions */
    bool keeps_every_record;           /* its ledger has duplicates and conflicts as records of their own (Kafka) */
    vt_tally *(*open)(void **context); /* an empty tally; *context is handed to the other calls */
    /* Appends these votes to the tally's ledger, sets their positions, and waits until they are folded. */
    void (*append)(void *context, vt_append *items, size_t count);
    vt_tally *(*reopen)(void *context); /* closes everything and opens it again with what it has */
    void (*close)(void *context);
} tally_factory;

int tally_contract(const tally_factory *factory);

#endif
