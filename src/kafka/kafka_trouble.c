#include "kafka/kafka_trouble.h"

#include "base/clock.h"

#include <librdkafka/rdkafka.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* librdkafka before 2.6.1 repeats the client's nonce, which Kafka 4 refuses as a wrong password
 * (https://github.com/confluentinc/librdkafka/pull/4895). */
enum { SCRAM_MENDED_VERSION = 0x020601ff };

static struct {
    pthread_mutex_t lock;
    char text[VT_KAFKA_TROUBLE_MAX]; /* empty: none */
    int64_t at_ns;
} last = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local int certificate_error;

void vt_kafka_trouble_note_certificate(int x509_error) {
    certificate_error = x509_error;
}

/* "[thrd:NAME]: TEXT (after 5ms in state …)": the text, which stays the same from one attempt to the next. */
static size_t find_text(const char **line) {
    const char *head = strstr(*line, "]: ");
    if (**line == '[' && head != NULL) {
        *line = head + strlen("]: ");
    }
    const char *tail = strstr(*line, " (after ");
    return tail == NULL ? strlen(*line) : (size_t) (tail - *line);
}

/* Its own words on a certificate are the same for every fault, a wrong host name as an unknown authority. */
static void write_certificate(char *text, size_t size) {
    char *at = strstr(text, ": ");
    if (at != NULL && strstr(text, "certificate verify failed") != NULL && certificate_error != X509_V_OK) {
        snprintf(at, size - (size_t) (at - text), ": the broker's certificate is refused: %s",
                 X509_verify_cert_error_string(certificate_error));
    }
}

static void write_scram(char *text, size_t size) {
    size_t len = strlen(text);
    if (rd_kafka_version() < SCRAM_MENDED_VERSION && strstr(text, "SASL authentication error") != NULL &&
        strstr(text, "SCRAM") != NULL) {
        snprintf(text + len, size - len, " (librdkafka %s cannot do SCRAM with Kafka 4: use PLAIN over TLS)",
                 rd_kafka_version_str());
    }
}

void vt_kafka_trouble_note(const char *line) {
    char text[VT_KAFKA_TROUBLE_MAX];
    size_t len = find_text(&line);
    snprintf(text, sizeof text, "%.*s", (int) len, line);
    write_certificate(text, sizeof text);
    write_scram(text, sizeof text);
    pthread_mutex_lock(&last.lock);
    memcpy(last.text, text, sizeof last.text);
    last.at_ns = vt_clock_monotonic_ns();
    pthread_mutex_unlock(&last.lock);
}

void vt_kafka_trouble_tell(char *out, size_t size) {
    pthread_mutex_lock(&last.lock);
    bool is_fresh =
        last.text[0] != '\0' && vt_clock_monotonic_ns() - last.at_ns < (int64_t) VT_KAFKA_TROUBLE_FRESH_MS * 1000000;
    snprintf(out, size, "no broker answers%s%s", is_fresh ? ": " : "", is_fresh ? last.text : "");
    pthread_mutex_unlock(&last.lock);
}

void vt_kafka_trouble_explain(vt_err err, const char *right, char *out, size_t size) {
    if (err == VT_ERR_BUSY) {
        vt_kafka_trouble_tell(out, size);
    } else if (err == VT_ERR_SYSTEM) {
        snprintf(out, size, "the brokers refuse: may this user %s it?", right);
    } else {
        snprintf(out, size, "%s", vt_err_text(err));
    }
}

void vt_kafka_trouble_forget(void) {
    pthread_mutex_lock(&last.lock);
    last.text[0] = '\0';
    pthread_mutex_unlock(&last.lock);
}
