#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""generate.py OUTPUT-DIR FEATURES TABLE...: turns the instruction table into C: forms, decode rows, handler declarations,
specialised handlers per family, operand names and features."""

import os
import sys

import rows as table

IMMEDIATES = ["NONE", "Ib", "Ibs", "Iw", "Iz", "Iv", "Jb", "Jz", "Ap", "O", "L"]
SIZES = {"b": [1], "v": [2, 4, 8], "z": [2, 4], "y": [4, 8], "w": [2], "d": [4], "q": [8]}
SHAPES = {"G": "SHAPE_REG", "Z": "SHAPE_REG", "ACC": "SHAPE_REG", "I": "SHAPE_IMM", "ONE": "SHAPE_IMM", "CL": "SHAPE_CL",
          "R": "SHAPE_RM", "M": "SHAPE_MEM", "J": "SHAPE_IMM"}


def imm_kind(text):
    if text[0] == "O":
        text = "O"
    elif text[0] == "L":
        text = "L"
    if text not in IMMEDIATES:
        sys.exit(f"no immediate kind {text}")
    return "IMM_" + text


def size_type(row):
    for kind, kind_type, _ in row.operands:
        if kind in ("E", "G", "M", "R", "ACC", "Z"):
            return kind_type
    sys.exit(f"{row.where}: spec needs an operand with a size")


def spec_variants(row):
    """[(size, memory, name)] of a row with `spec`"""
    kinds = [k for k, _, _ in row.operands]
    variants = []
    for size in SIZES[size_type(row)]:
        for memory in (False, True):
            if memory and "M" not in kinds and "E" not in kinds:
                continue
            if not memory and "M" in kinds:
                continue
            base = "_".join([row.run] + [o.replace("1", "one") for o in row.operand_texts])
            variants.append((size, memory, f"op_{base}_{size}{'m' if memory else 'r'}"))
    return variants


def shape(row, size, memory):
    names = []
    for kind, _, _ in row.operands[:3]:
        names.append(("SHAPE_MEM" if memory else "SHAPE_RM") if kind == "E" else SHAPES[kind])
    names += ["SHAPE_NONE"] * (3 - len(names))
    return f"(Shape){{ {size}, {', '.join(names)} }}"


def emit_specs(out, rows):
    """One wrapper per size and kind of operand, which the compiler folds the constants into."""
    by_family = {}
    for row in rows:
        if "SPEC" in row.flags:
            by_family.setdefault(row.family, {}).update(
                {name: (row, size, memory) for size, memory, name in spec_variants(row)})
    families = {row.family for row in rows}
    for family in sorted(families):
        with open(os.path.join(out, f"spec_{family}.inc"), "w", encoding="utf-8") as f:
            for name, (row, size, memory) in sorted(by_family.get(family, {}).items()):
                f.write(f"void {name}(Cpu *cpu, const Insn *i)\n{{\n\tdo_{row.run}(cpu, i, {shape(row, size, memory)});\n}}\n")
    return by_family


def emit_forms(out, rows, by_family):
    specs = []
    spec_index = {}
    handlers = {"op_ud"}
    with open(os.path.join(out, "insn_forms.inc"), "w", encoding="utf-8") as f:
        f.write('{ .mnemonic = "(bad)", .run = op_ud, .row = "", .encoding = "" },\n')
        for row in rows:
            operands = ", ".join(
                "{ OPK_%s, OPT_%s, %d, %d }" % (k, t, r, ("r" in a) | ("w" in a) << 1)
                for (k, t, r), a in zip(row.operands, row.access + ["r"] * 4))
            flags = " | ".join("FORM_" + x for x in sorted(row.flags)) or "0"
            features = ["FEATURE_" + x for x in row.features] + ["FEATURE_NONE"] * 2
            spec = 0
            if "SPEC" in row.flags:
                table_row = [["NULL", "NULL"] for _ in range(4)]
                for size, memory, name in spec_variants(row):
                    table_row[size.bit_length() - 1][memory] = name
                    handlers.add(name)
                key = str(table_row)
                spec = spec_index.setdefault(key, len(specs))
                if spec == len(specs):
                    specs.append(table_row)
                run = next(name for _, _, name in spec_variants(row))
            else:
                run = "op_" + row.run
            handlers.add(run)
            use = row.flag_use
            f.write(f'{{ "{row.mnemonic}", {{ {operands or "{ 0 }"} }}, {flags}, {features[0]}, {features[1]}, CLASS_{row.fault_class}, '
                    f'{use["r"]}, {use["w"]}, {use["u"]}, {imm_kind(row.imm[0])}, {imm_kind(row.imm[1])}, {len(row.operands)}, '
                    f'{spec}, {run}, "{row.where}", "{row.encoding}" }},\n')
    with open(os.path.join(out, "insn_specs.inc"), "w", encoding="utf-8") as f:
        for table_row in specs:
            f.write("{ " + ", ".join("{ %s, %s }" % tuple(pair) for pair in table_row) + " },\n")
        if not specs:
            f.write("{ { NULL, NULL } },\n")
    with open(os.path.join(out, "insn_handlers.h"), "w", encoding="utf-8") as f:
        f.write('#pragma once\n#include "cpu/insn.h"\n')
        for name in sorted(handlers):
            f.write(f"InsnFn {name};\n")


def specificity(row):
    return bin(row.con.mask).count("1") * 4 + len(row.features)


def emit_encodings(out, rows):
    """Decode rows grouped by map and opcode, the most constrained first."""
    slots = {}
    for form, row in enumerate(rows, 1):
        for opcode in range(row.opcode, row.opcode + (8 if row.plus_r else 1)):
            slots.setdefault((row.map, opcode), []).append((form, row))
    starts = []
    total = 0
    with open(os.path.join(out, "insn_encodings.inc"), "w", encoding="utf-8") as f:
        for table_map in range(table.MAP_COUNT):
            for opcode in range(256):
                starts.append(total)
                for form, row in sorted(slots.get((table_map, opcode), []), key=lambda x: -specificity(x[1])):
                    f.write(f"{{ {table_map}, 0x{opcode:02x}, {int(row.plus_r)}, {form}, 0x{row.con.mask:x}, 0x{row.con.value:x} }},\n")
                    total += 1
    starts.append(total)
    with open(os.path.join(out, "insn_starts.inc"), "w", encoding="utf-8") as f:
        for n in range(0, len(starts), 16):
            f.write(", ".join(map(str, starts[n:n + 16])) + ",\n")


def emit_names(out):
    with open(os.path.join(out, "operand_kinds.inc"), "w", encoding="utf-8") as f:
        f.writelines(f"OPERAND_KIND({k})\n" for k in table.KINDS)
    with open(os.path.join(out, "operand_types.inc"), "w", encoding="utf-8") as f:
        f.writelines(f"OPERAND_TYPE({t})\n" for t in table.TYPES)


def emit_features(out, features):
    with open(os.path.join(out, "features.inc"), "w", encoding="utf-8") as f:
        for name, leaf, subleaf, register, bit, names in features:
            f.write(f'FEATURE({name}, 0x{leaf:x}, {subleaf}, CPUID_{register}, {bit}, "{" ".join(names)}")\n')


def main():
    out, features_path, *paths = sys.argv[1:]
    rows = table.read_table(paths)
    features = table.read_features(features_path)
    known = {name for name, *_ in features}
    for row in rows:
        for name in row.features:
            if name not in known:
                sys.exit(f"{row.where}: unknown feature {name}")
    os.makedirs(out, exist_ok=True)
    emit_names(out)
    emit_features(out, features)
    emit_forms(out, rows, emit_specs(out, rows))
    emit_encodings(out, rows)


main()
