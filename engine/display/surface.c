/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See surface.h. One lock guards picture and damage; the adapter's refresh() runs inside it, so that a viewer that paints and a
 * screenshot that is written never see a half-drawn line. */
#include "display/surface.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

struct Surface {
	GMutex lock;
	SurfaceSource source;
	void *owner;
	pixman_image_t *image;
	pixman_region32_t damage; /* since the viewer's last surface_lock() */
	bool resized;		  /* likewise */
};

static pixman_image_t *new_image(unsigned width, unsigned height)
{
	return pixman_image_create_bits(PIXMAN_x8r8g8b8, (int)width, (int)height, NULL, 0);
}

Surface *surface_new(const SurfaceSource *source, void *owner)
{
	enum { FIRST_WIDTH = 640, FIRST_HEIGHT = 480 };
	Surface *surface = g_new0(Surface, 1);
	g_mutex_init(&surface->lock);
	surface->source = *source;
	surface->owner = owner;
	surface->image = new_image(FIRST_WIDTH, FIRST_HEIGHT);
	surface->resized = true;
	pixman_region32_init_rect(&surface->damage, 0, 0, FIRST_WIDTH, FIRST_HEIGHT);
	return surface;
}

void surface_free(Surface *surface)
{
	if (!surface)
		return;
	pixman_image_unref(surface->image);
	pixman_region32_fini(&surface->damage);
	g_mutex_clear(&surface->lock);
	g_free(surface);
}

/* ---- the adapter's side ---- */

static bool resize(Surface *surface, unsigned width, unsigned height)
{
	pixman_image_t *image = new_image(width, height);
	if (!image)
		return false;
	pixman_image_unref(surface->image);
	surface->image = image;
	surface->resized = true;
	pixman_region32_fini(&surface->damage);
	pixman_region32_init_rect(&surface->damage, 0, 0, width, height);
	return true;
}

static bool has_size(const Surface *surface, unsigned width, unsigned height)
{
	return width == (unsigned)pixman_image_get_width(surface->image) && height == (unsigned)pixman_image_get_height(surface->image);
}

uint32_t *surface_begin(Surface *surface, unsigned width, unsigned height, unsigned *stride)
{
	g_assert(width && height && width <= INT16_MAX && height <= INT16_MAX);
	if (!has_size(surface, width, height) && !resize(surface, width, height))
		return NULL;
	*stride = (unsigned)pixman_image_get_stride(surface->image);
	return pixman_image_get_data(surface->image);
}

void surface_damage(Surface *surface, int x, int y, int width, int height)
{
	if (width > 0 && height > 0)
		pixman_region32_union_rect(&surface->damage, &surface->damage, x, y, (unsigned)width, (unsigned)height);
}

void surface_end(Surface *surface)
{
	int width = pixman_image_get_width(surface->image), height = pixman_image_get_height(surface->image);
	pixman_region32_intersect_rect(&surface->damage, &surface->damage, 0, 0, (unsigned)width, (unsigned)height);
}

/* ---- the viewer's side ---- */

static void refresh(Surface *surface)
{
	if (surface->source.refresh)
		surface->source.refresh(surface->owner);
}

pixman_image_t *surface_lock(Surface *surface, pixman_region32_t *damage, bool *resized)
{
	g_mutex_lock(&surface->lock);
	refresh(surface);
	pixman_region32_copy(damage, &surface->damage);
	pixman_region32_clear(&surface->damage);
	*resized = surface->resized;
	surface->resized = false;
	return surface->image;
}

void surface_unlock(Surface *surface)
{
	g_mutex_unlock(&surface->lock);
}

void surface_invalidate(Surface *surface)
{
	g_mutex_lock(&surface->lock);
	if (surface->source.invalidate)
		surface->source.invalidate(surface->owner);
	surface_damage(surface, 0, 0, pixman_image_get_width(surface->image), pixman_image_get_height(surface->image));
	g_mutex_unlock(&surface->lock);
}

char *surface_text(Surface *surface)
{
	g_mutex_lock(&surface->lock);
	char *text = surface->source.text ? surface->source.text(surface->owner) : NULL;
	g_mutex_unlock(&surface->lock);
	return text;
}

bool surface_blinks(const Surface *surface)
{
	return surface->source.blinks && surface->source.blinks(surface->owner);
}

/* ---- screenshots ---- */

/* The picture as it is now, rows of red, green, blue bytes. */
typedef struct Picture {
	unsigned width, height;
	uint8_t *rgb;
} Picture;

static void copy_row(uint8_t *to, const uint32_t *from, unsigned width)
{
	for (unsigned x = 0; x < width; x++) {
		*to++ = (uint8_t)(from[x] >> 16);
		*to++ = (uint8_t)(from[x] >> 8);
		*to++ = (uint8_t)from[x];
	}
}

/* The damage stays for the viewer. */
static Picture take_picture(Surface *surface)
{
	g_mutex_lock(&surface->lock);
	refresh(surface);
	Picture picture = { (unsigned)pixman_image_get_width(surface->image), (unsigned)pixman_image_get_height(surface->image), NULL };
	const uint32_t *pixels = pixman_image_get_data(surface->image);
	size_t stride = (size_t)pixman_image_get_stride(surface->image) / sizeof(uint32_t);
	picture.rgb = g_malloc((size_t)picture.width * picture.height * 3);
	for (unsigned y = 0; y < picture.height; y++)
		copy_row(picture.rgb + (size_t)y * picture.width * 3, pixels + y * stride, picture.width);
	g_mutex_unlock(&surface->lock);
	return picture;
}

static bool write_ppm(const Picture *picture, FILE *file)
{
	size_t bytes = (size_t)picture->width * picture->height * 3;
	return fprintf(file, "P6\n%u %u\n255\n", picture->width, picture->height) > 0 && fwrite(picture->rgb, 1, bytes, file) == bytes;
}

/* libpng leaves by longjmp() to here; nothing of this frame changes after setjmp(). */
static bool write_png_rows(png_structp png, png_infop info, const Picture *picture, FILE *file)
{
	if (setjmp(png_jmpbuf(png)))
		return false;
	png_init_io(png, file);
	png_set_IHDR(png, info, picture->width, picture->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (unsigned y = 0; y < picture->height; y++)
		png_write_row(png, picture->rgb + (size_t)y * picture->width * 3);
	png_write_end(png, info);
	return true;
}

static void png_quiet(png_structp png, png_const_charp message)
{
	(void)message;
	png_longjmp(png, 1);
}

static void png_mute(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static bool write_png(const Picture *picture, FILE *file)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_quiet, png_mute);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	bool good = info && write_png_rows(png, info, picture, file);
	png_destroy_write_struct(&png, &info);
	return good;
}

static bool set_save_error(const char *path, int code, GError **error)
{
	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s: the screenshot can't be written: %s", path,
		    g_strerror(code ? code : EIO));
	return false;
}

bool surface_save(Surface *surface, const char *path, GError **error)
{
	size_t length = strlen(path);
	bool ppm = length >= 4 && g_ascii_strcasecmp(path + length - 4, ".ppm") == 0;
	FILE *file = g_fopen(path, "wb");
	if (!file)
		return set_save_error(path, errno, error);
	Picture picture = take_picture(surface);
	errno = 0;
	bool good = ppm ? write_ppm(&picture, file) : write_png(&picture, file);
	int code = errno;
	g_free(picture.rgb);
	if (fclose(file) != 0 && good) {
		good = false;
		code = errno;
	}
	if (good)
		return true;
	g_remove(path);
	return set_save_error(path, code, error);
}
