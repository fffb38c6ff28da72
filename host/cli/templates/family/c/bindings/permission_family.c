// Made of wit/family.wit by `wit-bindgen c` 0.63.0, and shortened: without the comments, which
// stand in wit/family.wit, and without the functions that free, since all memory of a call is
// given back at once (src/memory.c). Nothing here is to be changed by hand.
#include "permission_family.h"

// Imported Functions from `permesso:family/log@1.1.0`

__attribute__((__import_module__("permesso:family/log@1.1.0"), __import_name__("write")))
extern void __wasm_import_permesso_family_log_write(int32_t, uint8_t *, size_t);

__attribute__((__aligned__(8)))
static uint8_t RET_AREA[(22*sizeof(void*))];

// Component Adapters

void permesso_family_log_write(permesso_family_log_level_t level, permission_family_string_t *line) {
  __wasm_import_permesso_family_log_write((int32_t) level, (uint8_t *) (*line).ptr, (*line).len);
}

__attribute__((__export_name__("permesso:family/family@1.1.0#describe")))
uint8_t * __wasm_export_exports_permesso_family_family_describe(void) {
  exports_permesso_family_family_manifest_t ret;
  exports_permesso_family_family_describe(&ret);
  uint8_t *ptr = (uint8_t *) &RET_AREA;
  *((size_t*)(ptr + sizeof(void*))) = ((ret).id).len;
  *((uint8_t **)(ptr + 0)) = (uint8_t *) ((ret).id).ptr;
  *((size_t*)(ptr + (3*sizeof(void*)))) = ((ret).version).len;
  *((uint8_t **)(ptr + (2*sizeof(void*)))) = (uint8_t *) ((ret).version).ptr;
  *((size_t*)(ptr + (5*sizeof(void*)))) = ((ret).title).len;
  *((uint8_t **)(ptr + (4*sizeof(void*)))) = (uint8_t *) ((ret).title).ptr;
  *((size_t*)(ptr + (7*sizeof(void*)))) = ((ret).permissions).len;
  *((uint8_t **)(ptr + (6*sizeof(void*)))) = (uint8_t *) ((ret).permissions).ptr;
  *((size_t*)(ptr + (9*sizeof(void*)))) = ((ret).kinds).len;
  *((uint8_t **)(ptr + (8*sizeof(void*)))) = (uint8_t *) ((ret).kinds).ptr;
  *((size_t*)(ptr + (11*sizeof(void*)))) = ((ret).inputs).len;
  *((uint8_t **)(ptr + (10*sizeof(void*)))) = (uint8_t *) ((ret).inputs).ptr;
  *((size_t*)(ptr + (13*sizeof(void*)))) = ((ret).reasons).len;
  *((uint8_t **)(ptr + (12*sizeof(void*)))) = (uint8_t *) ((ret).reasons).ptr;
  *((size_t*)(ptr + (15*sizeof(void*)))) = ((ret).obligations).len;
  *((uint8_t **)(ptr + (14*sizeof(void*)))) = (uint8_t *) ((ret).obligations).ptr;
  *((size_t*)(ptr + (17*sizeof(void*)))) = ((ret).requires_).len;
  *((uint8_t **)(ptr + (16*sizeof(void*)))) = (uint8_t *) ((ret).requires_).ptr;
  *((size_t*)(ptr + (19*sizeof(void*)))) = ((ret).floors).len;
  *((uint8_t **)(ptr + (18*sizeof(void*)))) = (uint8_t *) ((ret).floors).ptr;
  *((size_t*)(ptr + (21*sizeof(void*)))) = ((ret).config_schema).len;
  *((uint8_t **)(ptr + (20*sizeof(void*)))) = (uint8_t *) ((ret).config_schema).ptr;
  return ptr;
}

__attribute__((__export_name__("permesso:family/family@1.1.0#validate")))
uint8_t * __wasm_export_exports_permesso_family_family_validate(uint8_t * arg, size_t arg0) {
  permission_family_string_t arg1 = (permission_family_string_t) { (uint8_t*)(arg), (arg0) };
  exports_permesso_family_family_list_diagnostic_t ret;
  exports_permesso_family_family_validate(&arg1, &ret);
  uint8_t *ptr = (uint8_t *) &RET_AREA;
  *((size_t*)(ptr + sizeof(void*))) = (ret).len;
  *((uint8_t **)(ptr + 0)) = (uint8_t *) (ret).ptr;
  return ptr;
}

__attribute__((__export_name__("permesso:family/family@1.1.0#evaluate")))
uint8_t * __wasm_export_exports_permesso_family_family_evaluate(int32_t arg, int32_t arg0, int32_t arg1, uint8_t * arg2, size_t arg3) {
  permission_family_option_u32_t option;
  switch (arg0) {
    case 0: {
      option.is_some = false;
      break;
    }
    case 1: {
      option.is_some = true;
      option.val = (uint32_t) (arg1);
      break;
    }
  }
  exports_permesso_family_family_question_t arg5 = (exports_permesso_family_family_question_t) {
    (uint32_t) (uint32_t) (arg),
    (permission_family_option_u32_t) option,
    (exports_permesso_family_family_list_option_input_t) (exports_permesso_family_family_list_option_input_t) { (exports_permesso_family_family_option_input_t*)(arg2), (arg3) },
  };
  exports_permesso_family_family_answer_t ret;
  exports_permesso_family_family_evaluate(&arg5, &ret);
  uint8_t *ptr = (uint8_t *) &RET_AREA;
  switch ((int32_t) ((ret).effect).tag) {
    case 0: {
      *((int8_t*)(ptr + 0)) = 0;
      break;
    }
    case 1: {
      const uint32_t *payload6 = &((ret).effect).val.forbid;
      *((int8_t*)(ptr + 0)) = 1;
      *((int32_t*)(ptr + 4)) = (int32_t) (*payload6);
      break;
    }
    case 2: {
      const uint32_t *payload7 = &((ret).effect).val.require;
      *((int8_t*)(ptr + 0)) = 2;
      *((int32_t*)(ptr + 4)) = (int32_t) (*payload7);
      break;
    }
    case 3: {
      const uint32_t *payload8 = &((ret).effect).val.floor;
      *((int8_t*)(ptr + 0)) = 3;
      *((int32_t*)(ptr + 4)) = (int32_t) (*payload8);
      break;
    }
  }
  *((size_t*)(ptr + (8+1*sizeof(void*)))) = ((ret).obligations).len;
  *((uint8_t **)(ptr + 8)) = (uint8_t *) ((ret).obligations).ptr;
  if (((ret).until).is_some) {
    const int64_t *payload10 = &((ret).until).val;
    *((int8_t*)(ptr + (8+2*sizeof(void*)))) = 1;
    *((int64_t*)(ptr + (16+2*sizeof(void*)))) = *payload10;
  } else {
    *((int8_t*)(ptr + (8+2*sizeof(void*)))) = 0;
  }
  if (((ret).note).is_some) {
    const permission_family_string_t *payload12 = &((ret).note).val;
    *((int8_t*)(ptr + (24+2*sizeof(void*)))) = 1;
    *((size_t*)(ptr + (24+4*sizeof(void*)))) = (*payload12).len;
    *((uint8_t **)(ptr + (24+3*sizeof(void*)))) = (uint8_t *) (*payload12).ptr;
  } else {
    *((int8_t*)(ptr + (24+2*sizeof(void*)))) = 0;
  }
  return ptr;
}

__attribute__((__export_name__("permesso:family/family@1.1.0#evaluate-batch")))
uint8_t * __wasm_export_exports_permesso_family_family_evaluate_batch(uint8_t * arg, size_t arg0) {
  exports_permesso_family_family_list_question_t arg2 = (exports_permesso_family_family_list_question_t) { (exports_permesso_family_family_question_t*)(arg), (arg0) };
  exports_permesso_family_family_list_answer_t ret;
  exports_permesso_family_family_evaluate_batch(&arg2, &ret);
  uint8_t *ptr = (uint8_t *) &RET_AREA;
  *((size_t*)(ptr + sizeof(void*))) = (ret).len;
  *((uint8_t **)(ptr + 0)) = (uint8_t *) (ret).ptr;
  return ptr;
}

__attribute__((__export_name__("permesso:family/family@1.1.0#plan")))
uint8_t * __wasm_export_exports_permesso_family_family_plan(int32_t arg, int32_t arg0, int32_t arg1, uint8_t * arg2, size_t arg3, uint8_t * arg4, size_t arg5) {
  permission_family_option_u32_t option;
  switch (arg0) {
    case 0: {
      option.is_some = false;
      break;
    }
    case 1: {
      option.is_some = true;
      option.val = (uint32_t) (arg1);
      break;
    }
  }
  exports_permesso_family_family_plan_question_t arg7 = (exports_permesso_family_family_plan_question_t) {
    (uint32_t) (uint32_t) (arg),
    (permission_family_option_u32_t) option,
    (exports_permesso_family_family_list_option_input_t) (exports_permesso_family_family_list_option_input_t) { (exports_permesso_family_family_option_input_t*)(arg2), (arg3) },
    (permission_family_list_u32_t) (permission_family_list_u32_t) { (uint32_t*)(arg4), (arg5) },
  };
  exports_permesso_family_family_list_plan_case_t val;
  bool ret = exports_permesso_family_family_plan(&arg7, &val);

  exports_permesso_family_family_option_list_plan_case_t ret8;
  ret8.is_some = ret;
  ret8.val = val;
  uint8_t *ptr = (uint8_t *) &RET_AREA;
  if ((ret8).is_some) {
    const exports_permesso_family_family_list_plan_case_t *payload9 = &(ret8).val;
    *((int8_t*)(ptr + 0)) = 1;
    *((size_t*)(ptr + (2*sizeof(void*)))) = (*payload9).len;
    *((uint8_t **)(ptr + sizeof(void*))) = (uint8_t *) (*payload9).ptr;
  } else {
    *((int8_t*)(ptr + 0)) = 0;
  }
  return ptr;
}
