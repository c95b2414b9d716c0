/* Why something failed, as one English line for the person at the terminal. */
#ifndef VT_CLIENT_REASON_H
#define VT_CLIENT_REASON_H

enum { VT_REASON_BYTES = 512 };

/* Always terminated; longer text is cut. */
typedef struct vt_reason {
    char text[VT_REASON_BYTES];
} vt_reason;

/* Replaces the text (printf's rules). */
__attribute__((format(printf, 2, 3))) void vt_reason_set(vt_reason *reason, const char *format, ...);

#endif
