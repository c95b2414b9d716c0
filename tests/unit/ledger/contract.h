/* The contract of ledger.h, as tests that every adapter runs. */
#ifndef VT_TESTS_LEDGER_CONTRACT_H
#define VT_TESTS_LEDGER_CONTRACT_H

#include "kit.h"

typedef struct ledger_factory {
    const char *name;
    bool decides;                       /* it answers with a verdict; else votes are recorded only */
    int32_t partition;                  /* in which all records stand */
    int64_t first_offset;               /* of the first record */
    vt_ledger *(*open)(void **context); /* an empty ledger; *context is handed to the other calls */
    vt_ledger *(*reopen)(void *context, vt_ledger *ledger); /* closes it and opens it again with what it has */
    void (*close)(void *context, vt_ledger *ledger);
} ledger_factory;

/* For adapters that store: order, reading, reopening, the contest. */
int ledger_contract(const ledger_factory *factory);

/* For adapters that decide: duplicates, conflicts, refusals, quotas. */
int ledger_contract_verdicts(const ledger_factory *factory);

/* For every adapter: an answer for each vote, in order, one chain for each sink; closing. */
int ledger_contract_answers(const ledger_factory *factory);

#endif
