/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viv.h's questions: an order that gathers the answer in the machine thread, and a letter that brings it back. */
#include <gio/gio.h>

#include "disk/block.h"
#include "display/surface.h"
#include "front/front.h"
#include "monitor/command.h"

typedef union Answer {
	VivTextAnswer *text;
	VivWordsAnswer *words;
	VivDone *done;
	void (*usage)(void *owner, const VivUsage *usage);
	void (*drives)(void *owner, const VivDrive *drives, unsigned count);
} Answer;

typedef struct Question {
	VivMachine *viv;
	void (*ask)(struct Question *question);	   /* in the machine thread */
	void (*tell)(const struct Question *question); /* in the front end's */
	char *line, *drive;
	bool flag;
	Answer answer;
	void *owner;
	/* what was answered */
	char *text;
	GStrv words;
	GError *error;
	VivUsage usage;
	GArray *drives; /* VivDrive, whose strings are this array's */
} Question;

static void question_free(void *data)
{
	Question *question = data;
	for (unsigned n = 0; question->drives && n < question->drives->len; n++) {
		VivDrive *drive = &g_array_index(question->drives, VivDrive, n);
		g_free((char *)drive->id);
		g_free((char *)drive->file);
	}
	g_clear_pointer(&question->drives, g_array_unref);
	g_free(question->line);
	g_free(question->drive);
	g_free(question->text);
	g_strfreev(question->words);
	g_clear_error(&question->error);
	g_free(question);
}

static void tell(void *data)
{
	const Question *question = data;
	question->tell(question);
}

/* The order's data goes on as the news' data: it is stolen from the order by leaving it an empty hull. */
static void ask(void *data)
{
	Question **place = data;
	Question *question = g_steal_pointer(place);
	question->ask(question);
	front_tell(question->viv, tell, question, question_free);
}

static void hull_free(void *data)
{
	Question **place = data;
	if (*place)
		question_free(*place);
	g_free(place);
}

static void post(Question question)
{
	Question **place = g_new(Question *, 1);
	*place = g_memdup2(&question, sizeof question);
	front_order(question.viv, ask, place, hull_free);
}

/* ---- the monitor ---- */

static Monitor *console(VivMachine *viv)
{
	if (!viv->console)
		viv->console = monitor_new(viv->machine, NULL);
	return viv->console;
}

static void tell_text(const Question *question)
{
	if (question->answer.text)
		question->answer.text(question->owner, question->text);
}

static void ask_command(Question *question)
{
	question->text = monitor_run(console(question->viv), question->line);
}

void viv_machine_command(VivMachine *viv, const char *line, VivTextAnswer *answer, void *owner)
{
	post((Question){ .viv = viv, .ask = ask_command, .tell = tell_text, .line = g_strdup(line), .answer.text = answer, .owner = owner });
}

static void ask_words(Question *question)
{
	GPtrArray *words = command_complete(console(question->viv), question->line);
	g_ptr_array_add(words, NULL);
	g_ptr_array_set_free_func(words, NULL);
	question->words = (GStrv)g_ptr_array_free(words, FALSE);
}

static void tell_words(const Question *question)
{
	question->answer.words(question->owner, (const char *const *)question->words);
}

void viv_machine_complete(VivMachine *viv, const char *line, VivWordsAnswer *answer, void *owner)
{
	post((Question){ .viv = viv, .ask = ask_words, .tell = tell_words, .line = g_strdup(line), .answer.words = answer, .owner = owner });
}

static void ask_screen_text(Question *question)
{
	struct Surface *surface = machine_surface(question->viv->machine);
	question->text = surface ? surface_text(surface) : NULL;
	if (!question->text)
		question->text = g_strdup("");
}

void viv_display_text(VivMachine *viv, VivTextAnswer *answer, void *owner)
{
	post((Question){ .viv = viv, .ask = ask_screen_text, .tell = tell_text, .answer.text = answer, .owner = owner });
}

/* ---- usage ---- */

static void ask_usage(Question *question)
{
	Machine *machine = question->viv->machine;
	VivUsage *usage = &question->usage;
	*usage = (VivUsage){ .cpu_time_ns = machine_cpu_time_ns(machine), .cpus = machine->cpu_count, .memory_bytes = machine->config->memory_bytes,
			     .resident_bytes = memory_resident_bytes(machine->memory) };
	for (unsigned n = 0; n < machine->blocks->len; n++) {
		uint64_t read, written;
		block_traffic(g_ptr_array_index(machine->blocks, n), &read, &written);
		usage->read_bytes += read;
		usage->written_bytes += written;
	}
}

static void tell_usage(const Question *question)
{
	question->answer.usage(question->owner, &question->usage);
}

void viv_machine_usage(VivMachine *viv, void (*answer)(void *owner, const VivUsage *usage), void *owner)
{
	post((Question){ .viv = viv, .ask = ask_usage, .tell = tell_usage, .answer.usage = answer, .owner = owner });
}

/* ---- media ---- */

static VivMedium kind_of(const Block *block)
{
	if (block_media(block) == BLOCK_CDROM)
		return VIV_MEDIUM_CD;
	return block_removable(block) ? VIV_MEDIUM_FLOPPY : VIV_MEDIUM_DISK;
}

static void ask_drives(Question *question)
{
	question->drives = g_array_new(FALSE, FALSE, sizeof(VivDrive));
	for (unsigned n = 0; n < question->viv->machine->blocks->len; n++) {
		const Block *block = g_ptr_array_index(question->viv->machine->blocks, n);
		VivDrive drive = { g_strdup(block_id(block)), kind_of(block), block_removable(block), g_strdup(block_file(block)), block_read_only(block) };
		g_array_append_val(question->drives, drive);
	}
}

static void tell_drives(const Question *question)
{
	question->answer.drives(question->owner, (const VivDrive *)question->drives->data, question->drives->len);
}

void viv_machine_drives(VivMachine *viv, void (*answer)(void *owner, const VivDrive *drives, unsigned count), void *owner)
{
	post((Question){ .viv = viv, .ask = ask_drives, .tell = tell_drives, .answer.drives = answer, .owner = owner });
}

static Block *find_drive(Question *question)
{
	Block *block = block_find(question->viv->machine, question->drive);
	if (!block)
		g_set_error(&question->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the machine has no drive '%s'", question->drive);
	return block;
}

static void tell_done(const Question *question)
{
	if (question->answer.done)
		question->answer.done(question->owner, question->error);
}

static void ask_insert(Question *question)
{
	Block *block = find_drive(question);
	if (block)
		block_change_medium(block, question->line, NULL, question->flag, &question->error);
}

void viv_machine_insert(VivMachine *viv, const char *drive, const char *path, bool read_only, VivDone *done, void *owner)
{
	post((Question){ .viv = viv, .ask = ask_insert, .tell = tell_done, .drive = g_strdup(drive), .line = g_strdup(path), .flag = read_only,
		.answer.done = done, .owner = owner });
}

static void ask_eject(Question *question)
{
	Block *block = find_drive(question);
	if (block)
		block_eject(block, question->flag, &question->error);
}

void viv_machine_eject(VivMachine *viv, const char *drive, bool force, VivDone *done, void *owner)
{
	post((Question){ .viv = viv, .ask = ask_eject, .tell = tell_done, .drive = g_strdup(drive), .flag = force, .answer.done = done, .owner = owner });
}
