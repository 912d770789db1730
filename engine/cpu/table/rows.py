# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the instruction table: the format that README.md beside this file describes."""

import re
import sys

KINDS = ["NONE"] + list("ABCDEGHIJLMNOPQRSUVWXYZ") + [
    "ACC", "CL", "DX", "ONE", "SEG", "ST0", "STI", "XMM0", "RCX"]
TYPES = ["NONE", "a", "b", "bs", "bcd", "d", "dq", "e", "f", "n", "p", "pd", "pi", "ps", "q", "qq", "r4", "r8", "s", "sd",
         "ss", "si", "t", "v", "w", "x", "y", "z"]
SEGMENTS = ["ES", "CS", "SS", "DS", "FS", "GS"]
CLASSES = {"x87": "X87", "wait": "WAIT", "mmx": "MMX", "sse": "SSE", "ssemmx": "SSE_MMX", "fxsr": "FXSR", "avx": "AVX",
           "vex": "VEX", "xsave": "XSAVE"}
FLAG_ATTRIBUTES = {
    "lock": "LOCK", "end": "END", "rip": "RIP", "cpl0": "CPL0", "pm": "PROTECTED", "d64": "D64", "f64": "F64", "rep": "REP",
    "repz": "REPZ", "spec": "SPEC", "simdfp": "SIMD_FP", "align": "ALIGN", "private": "PRIVATE", "umip": "UMIP",
    "anymod": "ANYMOD", "vsib": "VSIB"}
FLAG_LETTERS = "cpazso"
MAPS = {"": 0, "0F": 1, "0F38": 2, "0F3A": 3}
MAP_3DNOW, VEX_MAP_BASE, MAP_COUNT = 4, 4, 8     # VEX maps 1..3 are 5..7

# The context word that a row's constraints are matched against; decode.c builds it. field: (shift, width)
FIELDS = {"rep": (0, 2), "opsize66": (2, 1), "mod3": (3, 1), "reg": (4, 3), "rm": (7, 3), "is64": (10, 1), "osize": (12, 2),
          "asize": (14, 2), "w": (16, 1), "l": (17, 1), "rexb": (20, 1)}


class Row:
    pass


class TableError(Exception):
    pass


def parse_operand(text):
    """(kind, type, fixed register)"""
    fixed = {"AL": ("ACC", "b"), "AX": ("ACC", "w"), "rAX": ("ACC", "v"), "eAX": ("ACC", "z"), "EAX": ("ACC", "d"),
             "RAX": ("ACC", "q"), "CL": ("CL", "b"), "DX": ("DX", "w"), "1": ("ONE", "NONE"), "ST0": ("ST0", "t"),
             "STi": ("STI", "t"), "XMM0": ("XMM0", "dq")}
    if text in fixed:
        return fixed[text] + (0,)
    if text in SEGMENTS:
        return ("SEG", "w", SEGMENTS.index(text))
    kind, kind_type = text[0], text[1:] or "NONE"
    if kind not in KINDS or kind_type not in TYPES:
        raise TableError(f"unknown operand {text!r}")
    return (kind, kind_type, 0)


class Constraints:
    def __init__(self):
        self.mask = self.value = 0

    def set(self, field, value):
        shift, width = FIELDS[field]
        mask = ((1 << width) - 1) << shift
        if self.mask & mask and self.value & mask != value << shift:
            raise TableError(f"contradicting constraints on {field}")
        self.mask |= mask
        self.value |= value << shift


SIMPLE_TOKENS = {
    "np": [("rep", 0), ("opsize66", 0)], "66": [("rep", 0), ("opsize66", 1)], "nf": [("rep", 0)], "F3": [("rep", 1)],
    "F2": [("rep", 2)], "mem": [("mod3", 0)], "reg": [("mod3", 1)], "m64": [("is64", 1)], "n64": [("is64", 0)],
    "o16": [("osize", 0)], "o32": [("osize", 1)], "o64": [("osize", 2)], "a16": [("asize", 0)], "a32": [("asize", 1)],
    "a64": [("asize", 2)], "w0": [("w", 0)], "w1": [("w", 1)], "l0": [("l", 0)], "l1": [("l", 1)], "rexb0": [("rexb", 0)],
    "rexb1": [("rexb", 1)]}


def parse_vex(row, token, con):
    row.vex = True
    for part in token.split(".")[1:]:
        if part in ("128", "LZ", "L0"):
            con.set("l", 0)
        elif part in ("256", "L1"):
            con.set("l", 1)
        elif part in ("NP", "66", "F3", "F2"):
            con.set("rep", {"NP": 0, "66": 0, "F3": 1, "F2": 2}[part])
            con.set("opsize66", int(part == "66"))
        elif part in ("0F", "0F38", "0F3A"):
            row.map = VEX_MAP_BASE + MAPS[part]
        elif part in ("W0", "W1"):
            con.set("w", int(part[1]))
        elif part not in ("LIG", "WIG", "LX"):
            raise TableError(f"unknown VEX part {part!r}")


def parse_encoding(row, text):
    con = Constraints()
    row.vex = row.plus_r = row.modrm = False
    row.map = None
    opcode = []
    escape = ""
    for token in text.split():
        if token.startswith("VEX."):
            parse_vex(row, token, con)
        elif not opcode and token in ("66", "F2", "F3") and row.map is None and not escape:
            raise TableError("prefixes stand after the opcode here")
        elif re.fullmatch(r"[0-9A-F]{2}\+r", token):
            row.plus_r = True
            opcode.append(int(token[:2], 16))
        elif re.fullmatch(r"[0-9A-F]{2}\+i", token):
            opcode.append(int(token[:2], 16))
            con.set("mod3", 1)
            con.set("reg", opcode[-1] >> 3 & 7)
            row.modrm = True
        elif token in SIMPLE_TOKENS and (opcode or token not in ("66", "F3", "F2")):
            for field, value in SIMPLE_TOKENS[token]:
                con.set(field, value)
        elif re.fullmatch(r"[0-9A-F]{2}", token):
            if not opcode and not row.vex and token == "0F" and not escape:
                escape = "0F"
            elif not opcode and not row.vex and escape == "0F" and token in ("38", "3A", "0F"):
                escape += token
            else:
                opcode.append(int(token, 16))
        elif re.fullmatch(r"/[0-7r]", token):
            row.modrm = True
            if token != "/r":
                con.set("reg", int(token[1]))
        elif re.fullmatch(r"rm[0-7]", token):
            con.set("rm", int(token[2]))
        else:
            raise TableError(f"unknown token {token!r} in the opcode column")
    if row.map is None:
        row.map = MAP_3DNOW if escape == "0F0F" else MAPS[escape]
    if row.map == MAP_3DNOW:
        row.modrm = True
    if not opcode:
        raise TableError("no opcode byte")
    row.opcode = opcode[0]
    if len(opcode) == 2:
        if "+i" not in text:
            con.set("mod3", 1)
            con.set("reg", opcode[1] >> 3 & 7)
            con.set("rm", opcode[1] & 7)
            row.modrm = True
    elif len(opcode) > 2:
        raise TableError("too many opcode bytes")
    row.con = con


def parse_attributes(row, text):
    row.flags = set()
    row.fault_class = "GENERAL"
    row.features = []
    row.run = None
    row.flag_use = {"r": 0, "w": 0, "u": 0}
    row.access = None
    for token in text.split():
        if token.startswith("@"):
            row.features.append(token[1:])
        elif token in FLAG_ATTRIBUTES:
            row.flags.add(FLAG_ATTRIBUTES[token])
        elif token in CLASSES:
            row.fault_class = CLASSES[token]
        elif token.startswith("run="):
            row.run = token[4:]
        elif re.fullmatch(r"[rwu]:[cpazso]+", token):
            for letter in token[2:]:
                row.flag_use[token[0]] |= 1 << FLAG_LETTERS.index(letter)
        elif re.fullmatch(r"acc=[rwn,]+", token):
            row.access = token[4:].split(",")
        else:
            raise TableError(f"unknown attribute {token!r}")
    if len(row.features) > 2:
        raise TableError("more than two features")


def parse_row(line, where):
    columns = [c.strip() for c in line.split("|")]
    if len(columns) != 3:
        raise TableError("a row has three columns: opcode | instruction | attributes")
    row = Row()
    row.where = where
    row.encoding = columns[0]
    parse_encoding(row, columns[0])
    mnemonic, _, operands = columns[1].partition(" ")
    row.mnemonic = mnemonic
    row.operand_texts = [o.strip() for o in operands.split(",") if o.strip()]
    row.operands = [parse_operand(o) for o in row.operand_texts]
    parse_attributes(row, columns[2])
    finish(row)
    return row


def finish(row):
    """What can be read off the rest of the row is not written in it."""
    kinds = [k for k, _, _ in row.operands]
    if set(kinds) & set("CDEGMNPQRSUVW") and not row.plus_r:
        row.modrm = True
    if "M" in kinds:
        row.con.set("mod3", 0)
    if set(kinds) & set("NRU"):
        row.con.set("mod3", 1)
    if row.vex:
        row.flags.add("VEX")
        if row.fault_class == "GENERAL":
            row.fault_class = "AVX"
    if row.modrm:
        row.flags.add("MODRM")
    if "RIP" in row.flags:
        row.flags.add("END")
    sized = [t for k, t, _ in row.operands if k in ("E", "G", "M", "R", "ACC", "X", "Y", "O", "Z")]
    if sized and sized[0] == "b":
        row.flags.add("BYTE")
    if row.run is None:
        row.run = row.mnemonic.lower()
    if row.access is None:
        row.access = ["rw" if n == 0 else "r" for n in range(len(row.operands))]
    immediates = [(k, t) for k, t, _ in row.operands if k in "IJAOL"]
    row.imm = [k + ("" if t == "NONE" else t) for k, t in immediates] + ["NONE", "NONE"]
    if row.map == MAP_3DNOW:
        row.imm = ["NONE", "NONE"]


def read_table(paths):
    rows = []
    for path in paths:
        family = path.rsplit("/", 1)[-1].removesuffix(".tab")
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                line = line.partition("#")[0].strip()
                if not line:
                    continue
                where = f"{path.rsplit('/', 1)[-1]}:{number}"
                try:
                    row = parse_row(line, where)
                except TableError as error:
                    sys.exit(f"{where}: {error}")
                row.family = family
                rows.append(row)
    return rows


def read_features(path):
    """[(NAME, leaf, subleaf, register, bit, [names for the command line])]"""
    features = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.partition("#")[0].strip()
            if not line:
                continue
            name, place, names = [c.strip() for c in line.split("|")]
            leaf, register, bit = place.split()
            leaf, _, subleaf = leaf.partition(".")
            features.append((name, int(leaf, 16), int(subleaf or "0", 16), register, int(bit), names.split()))
    return features
