#include "client/account.h"

#include "base/assert.h"

#include <errno.h>
#include <stdlib.h>

enum { ACKS_BUFFER_BYTES = 65536 };

typedef struct sampled_id {
    uint32_t len;
    bool has_position;
    vt_position position;
    char text[VT_VOTE_KEY_BYTES_MAX];
} sampled_id;

struct vt_account {
    const vt_votes *votes;
    FILE *acks;
    const char *acks_path;
    int acks_errno; /* the first error in writing, 0: none */
    vt_vote_ids random;
    vt_send_summary summary;
    vt_histogram latency;
    vt_band_account *bands;
    vt_reach reach;
    uint64_t ids_seen;
    uint32_t sample_count;
    sampled_id sample[VT_ACCOUNT_SAMPLE_MAX];
};

static vt_err open_acks(vt_account *account, vt_reason *reason) {
    if (account->acks_path == NULL) {
        return VT_OK;
    }
    account->acks = fopen(account->acks_path, "w");
    if (account->acks == NULL) {
        vt_reason_set(reason, "%s: %s", account->acks_path, strerror(errno));
        return VT_ERR_IO;
    }
    setvbuf(account->acks, NULL, _IOFBF, ACKS_BUFFER_BYTES);
    return VT_OK;
}

vt_err vt_account_open(const vt_account_options *options, vt_account **out, vt_reason *reason) {
    vt_account *account = calloc(1, sizeof *account);
    if (account == NULL) {
        vt_reason_set(reason, "out of memory");
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = VT_OK;
    account->votes = options->votes;
    account->acks_path = options->acks_path;
    account->summary.total = options->total;
    vt_vote_ids_init(&account->random);
    vt_histogram_init(&account->latency);
    vt_reach_init(&account->reach);
    account->bands = calloc(vt_band_names_count(vt_votes_bands(options->votes)), sizeof *account->bands);
    if (account->bands == NULL) {
        vt_reason_set(reason, "out of memory");
        err = VT_ERR_NO_MEMORY;
        goto out;
    }
    err = open_acks(account, reason);
out:
    if (err != VT_OK) {
        vt_account_close(account);
        return err;
    }
    *out = account;
    return VT_OK;
}

void vt_account_close(vt_account *account) {
    if (account == NULL) {
        return;
    }
    if (account->acks != NULL) {
        fclose(account->acks);
    }
    free(account->bands);
    free(account);
}

static void write_ack(vt_account *account, vt_slice id) {
    if (account->acks == NULL || account->acks_errno != 0) {
        return;
    }
    if (fwrite(id.ptr, 1, id.len, account->acks) != id.len || fputc('\n', account->acks) == EOF) {
        account->acks_errno = errno;
    }
}

/* Reservoir sampling: the n-th id replaces one with the chance MAX/n. */
static void sample_id(vt_account *account, vt_slice id, vt_slice position) {
    uint32_t random = 0;
    account->ids_seen++;
    uint64_t place = account->sample_count;
    if (place == VT_ACCOUNT_SAMPLE_MAX) {
        if (vt_vote_ids_random(&account->random, &random) != VT_OK) {
            return;
        }
        place = (uint64_t) (((unsigned __int128) account->ids_seen * random) >> 32);
        if (place >= VT_ACCOUNT_SAMPLE_MAX) {
            return;
        }
    } else {
        account->sample_count++;
    }
    sampled_id *sampled = &account->sample[place];
    sampled->len = (uint32_t) id.len;
    sampled->has_position = vt_position_parse(position, &sampled->position);
    memcpy(sampled->text, id.ptr, id.len);
}

void vt_account_accept(vt_account *account, uint32_t vote, vt_send_outcome outcome, vt_slice id, vt_slice position,
                       uint64_t waited_ns) {
    VT_ASSERT(outcome != VT_SEND_OUTCOME_RETRY && outcome != VT_SEND_OUTCOME_REFUSED);
    account->summary.accepted++;
    account->summary.duplicates += outcome == VT_SEND_OUTCOME_DUPLICATE;
    vt_band_account *band = &account->bands[vt_votes_band(account->votes, vote)];
    /* A duplicate of an id that we made ourselves is our own earlier attempt: it was counted. */
    bool sure = outcome == VT_SEND_OUTCOME_COUNTED || !vt_votes_has_id(account->votes, vote);
    band->sure += sure;
    band->possible += !sure;
    vt_histogram_record(&account->latency, waited_ns, 1);
    if (id.len > 0 && id.len <= VT_VOTE_KEY_BYTES_MAX) {
        write_ack(account, id);
        sample_id(account, id, position);
    }
    vt_reach_add(&account->reach, position);
}

void vt_account_refuse(vt_account *account, vt_slice code, uint64_t waited_ns) {
    vt_summary_refuse(&account->summary, code, 1);
    vt_histogram_record(&account->latency, waited_ns, 1);
}

void vt_account_fail(vt_account *account, uint64_t votes) {
    account->summary.failed += votes;
}

vt_err vt_account_flush(vt_account *account, vt_reason *reason) {
    if (account->acks == NULL) {
        return VT_OK;
    }
    if (fflush(account->acks) != 0 && account->acks_errno == 0) {
        account->acks_errno = errno;
    }
    if (account->acks_errno != 0) {
        vt_reason_set(reason, "%s: %s: not every acknowledged id was written", account->acks_path,
                      strerror(account->acks_errno));
        return VT_ERR_IO;
    }
    return VT_OK;
}

vt_send_summary *vt_account_summary(vt_account *account) {
    return &account->summary;
}

void vt_account_finish(vt_account *account, int64_t elapsed_ns) {
    account->summary.elapsed_ns = elapsed_ns;
    account->summary.latency_p50_ns = vt_histogram_quantile(&account->latency, 0.5);
    account->summary.latency_p99_ns = vt_histogram_quantile(&account->latency, 0.99);
    account->summary.latency_max_ns = account->latency.max;
}

const vt_band_account *vt_account_band(const vt_account *account, uint32_t band) {
    VT_ASSERT(band < vt_band_names_count(vt_votes_bands(account->votes)));
    return &account->bands[band];
}

uint32_t vt_account_sample_count(const vt_account *account) {
    return account->sample_count;
}

vt_slice vt_account_sample(const vt_account *account, uint32_t index) {
    VT_ASSERT(index < account->sample_count);
    return vt_slice_of(account->sample[index].text, account->sample[index].len);
}

bool vt_account_sample_position(const vt_account *account, uint32_t index, vt_position *out) {
    VT_ASSERT(index < account->sample_count);
    *out = account->sample[index].position;
    return account->sample[index].has_position;
}

const vt_reach *vt_account_reach(const vt_account *account) {
    return &account->reach;
}
