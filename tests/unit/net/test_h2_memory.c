#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/h2_memory.h"

#include <string.h>

static void blocks_of_every_size_can_be_used_and_grow(void **state) {
    (void) state;
    vt_h2_memory memory;
    vt_h2_memory_init(&memory);
    const nghttp2_mem *functions = &memory.functions;
    for (size_t len = 1; len < 5000; len += 7) {
        unsigned char *ptr = functions->malloc(len, functions->mem_user_data);
        assert_non_null(ptr);
        assert_int_equal((uintptr_t) ptr % 16, 0);
        memset(ptr, 0xa5, len);
        ptr = functions->realloc(ptr, len * 2, functions->mem_user_data);
        assert_non_null(ptr);
        assert_int_equal(ptr[0], 0xa5);
        assert_int_equal(ptr[len - 1], 0xa5);
        memset(ptr, 0x5a, len * 2);
        functions->free(ptr, functions->mem_user_data);
        ptr = functions->calloc(1, len, functions->mem_user_data);
        assert_int_equal(ptr[0] | ptr[len - 1], 0);
        functions->free(ptr, functions->mem_user_data);
    }
    functions->free(NULL, functions->mem_user_data);
    assert_null(functions->calloc(SIZE_MAX, 2, functions->mem_user_data));
    vt_h2_memory_release(&memory);
}

static void small_blocks_are_used_again(void **state) {
    (void) state;
    vt_h2_memory memory;
    vt_h2_memory_init(&memory);
    const nghttp2_mem *functions = &memory.functions;
    void *first = functions->malloc(100, functions->mem_user_data);
    functions->free(first, functions->mem_user_data);
    assert_int_equal(memory.spare_bytes, 128);
    assert_ptr_equal(functions->malloc(128, functions->mem_user_data), first);
    assert_int_equal(memory.spare_bytes, 0);
    functions->free(first, functions->mem_user_data);
    vt_h2_memory_release(&memory);
}

static void spare_memory_is_bounded(void **state) {
    (void) state;
    enum { BLOCKS = 3000 };
    static void *blocks[BLOCKS];
    vt_h2_memory memory;
    vt_h2_memory_init(&memory);
    const nghttp2_mem *functions = &memory.functions;
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = functions->malloc(2048, functions->mem_user_data);
        assert_non_null(blocks[i]);
    }
    for (int i = 0; i < BLOCKS; i++) {
        functions->free(blocks[i], functions->mem_user_data);
    }
    assert_int_equal(memory.spare_bytes, VT_H2_MEMORY_SPARE_BYTES_MAX);
    vt_h2_memory_release(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_every_size_can_be_used_and_grow),
        cmocka_unit_test(small_blocks_are_used_again),
        cmocka_unit_test(spare_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
