/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "golden.h"

#include <png.h>
#include <string.h>

#include "display/surface.h"

enum { CHANNELS = 3 };

typedef struct Picture {
	int width, height;
	uint8_t *rgb; /* NULL: the file couldn't be read */
} Picture;

typedef struct Comparison {
	Picture golden;
	const GoldenMask *masks;
	unsigned differing; /* of the last comparison: pixels, and the first of them */
	int x, y;
	int width, height; /* of the last screen */
} Comparison;

static Picture read_picture(const char *path)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	Picture picture = {0};
	if (!png_image_begin_read_from_file(&image, path)) {
		g_test_message("%s: %s", path, image.message);
		return picture;
	}
	image.format = PNG_FORMAT_RGB;
	picture = (Picture){(int)image.width, (int)image.height, g_malloc(PNG_IMAGE_SIZE(image))};
	if (!png_image_finish_read(&image, NULL, picture.rgb, 0, NULL)) {
		g_test_message("%s: %s", path, image.message);
		g_clear_pointer(&picture.rgb, g_free);
	}
	return picture;
}

static bool is_masked(const GoldenMask *mask, int x, int y)
{
	for (; mask && mask->width; mask++)
		if (x >= mask->x && x < mask->x + mask->width && y >= mask->y && y < mask->y + mask->height)
			return true;
	return false;
}

static uint32_t golden_pixel(const Picture *picture, int x, int y)
{
	const uint8_t *rgb = picture->rgb + CHANNELS * ((size_t)y * (size_t)picture->width + (size_t)x);
	return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

static void compare_row(Comparison *c, const uint32_t *pixels, int y)
{
	for (int x = 0; x < c->width; x++) {
		if ((pixels[x] & 0xffffff) == golden_pixel(&c->golden, x, y) || is_masked(c->masks, x, y))
			continue;
		if (!c->differing++) {
			c->x = x;
			c->y = y;
		}
	}
}

static void compare(Comparison *c, pixman_image_t *image)
{
	const uint32_t *pixels = pixman_image_get_data(image);
	size_t stride = (size_t)pixman_image_get_stride(image) / sizeof *pixels;
	c->width = pixman_image_get_width(image);
	c->height = pixman_image_get_height(image);
	c->differing = 0;
	if (c->width != c->golden.width || c->height != c->golden.height)
		return;
	for (int y = 0; y < c->height; y++)
		compare_row(c, pixels + stride * (size_t)y, y);
}

static bool same_size(const Comparison *c)
{
	return c->width == c->golden.width && c->height == c->golden.height;
}

static bool looks_alike(Pc *pc, void *data)
{
	Comparison *c = data;
	struct Surface *surface = machine_surface(pc_machine(pc));
	pixman_region32_t damage;
	bool resized;
	pixman_region32_init(&damage);
	machine_lock(pc_machine(pc));
	pixman_image_t *image = surface_lock(surface, &damage, &resized);
	machine_unlock(pc_machine(pc));
	compare(c, image);
	surface_unlock(surface);
	pixman_region32_fini(&damage);
	return same_size(c) && !c->differing;
}

static void save_screen(Pc *pc, const char *folder, const char *file)
{
	g_autofree char *path = g_build_filename(folder, file, NULL);
	g_autoptr(GError) error = NULL;
	g_mkdir_with_parents(folder, 0777);
	machine_lock(pc_machine(pc));
	bool saved = surface_save(machine_surface(pc_machine(pc)), path, &error);
	machine_unlock(pc_machine(pc));
	g_test_message("%s%s", saved ? "the screen is in " : "", saved ? path : error->message);
}

static void explain(Pc *pc, const Comparison *c, const GoldenPlaces *places, const char *file)
{
	if (!same_size(c))
		g_test_message("%dx%d pixels, not %dx%d as in %s", c->width, c->height, c->golden.width, c->golden.height, file);
	else
		g_test_message("%u pixels differ from %s, the first at %d,%d", c->differing, file, c->x, c->y);
	save_screen(pc, places->seen, file);
}

bool golden_wait(Pc *pc, const GoldenPlaces *places, const char *name, const GoldenMask *masks)
{
	g_autofree char *file = g_strconcat(name, ".png", NULL), *path = g_build_filename(places->golden, file, NULL);
	Comparison c = {.golden = read_picture(path), .masks = masks};
	/* Without a golden picture the wait goes on as long: what is saved then is what stood there at last. */
	bool alike = pc_wait(pc, looks_alike, &c, file);
	if (!alike)
		explain(pc, &c, places, file);
	g_free(c.golden.rgb);
	return alike;
}
