/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See display.h; keys and mouse are in input.c.
 *
 * Device pixels decide: the picture's place and the tiles' edges are whole device pixels, so that tiles meet without a seam and a
 * picture at its own size is exact. GTK smooths what it scales; where it shall be sharp, tiles are scaled here, pixel by pixel. */
#include "ui/display.h"

#include <math.h>
#include <string.h>

#include "library/thumbnail.h"
#include "ui/input.h"

enum { TILE = 128 };
#define ZOOM_LEAST 0.25
#define ZOOM_MOST 8.0

struct _VivaDisplay {
	GtkWidget parent;
	VivaMachine *machine;
	VivaInput *input;
	gulong frame_handler;
	guint tick; /* 0: the engine has nothing new */

	guint32 *pixels; /* with opaque alpha; NULL: no picture */
	int width, height, columns, rows;
	GdkTexture **tiles; /* columns * rows; NULL: to be made */
	guint64 uploads;

	VivaScaling scaling;
	bool smooth;
	double zoom;
	int tiled_width, tiled_height; /* the size in device pixels that sharp tiles were made for; 0: guest's own */
};

G_DEFINE_TYPE(VivaDisplay, viva_display, GTK_TYPE_WIDGET)
G_DEFINE_ENUM_TYPE(VivaScaling, viva_scaling, G_DEFINE_ENUM_VALUE(VIVA_SCALING_FIT, "fit"), G_DEFINE_ENUM_VALUE(VIVA_SCALING_INTEGER, "integer"),
	G_DEFINE_ENUM_VALUE(VIVA_SCALING_ORIGINAL, "original"))

enum { PROP_MACHINE = 1, PROP_SCALING, PROP_SMOOTH, PROP_ZOOM, PROP_GUEST_WIDTH, PROP_GUEST_HEIGHT, N_PROPS };
static GParamSpec *properties[N_PROPS];

/* ---- where the picture is ---- */

typedef struct Place {
	int x, y, width, height; /* device pixels, in the widget */
	int factor;		 /* of them per logical one */
} Place;

static double scale_for(const VivaDisplay *self, int width, int height)
{
	double fit = MIN((double)width / self->width, (double)height / self->height);
	switch (self->scaling) {
	case VIVA_SCALING_FIT: return fit;
	case VIVA_SCALING_INTEGER: return fit >= 1 ? floor(fit) : fit;
	case VIVA_SCALING_ORIGINAL: break;
	}
	return self->zoom;
}

static Place place_of(VivaDisplay *self)
{
	int factor = gtk_widget_get_scale_factor(GTK_WIDGET(self));
	int width = gtk_widget_get_width(GTK_WIDGET(self)) * factor, height = gtk_widget_get_height(GTK_WIDGET(self)) * factor;
	double scale = scale_for(self, width, height);
	Place place = { .width = MAX(1, (int)lround(self->width * scale)), .height = MAX(1, (int)lround(self->height * scale)), .factor = factor };
	place.x = (width - place.width) / 2;
	place.y = (height - place.height) / 2;
	return place;
}

double viva_display_get_scale(VivaDisplay *self)
{
	return self->pixels ? (double)place_of(self).width / self->width : 1;
}

void viva_display_get_picture(VivaDisplay *self, graphene_rect_t *area)
{
	if (!self->pixels) {
		*area = *graphene_rect_zero();
		return;
	}
	Place place = place_of(self);
	float factor = (float)place.factor;
	graphene_rect_init(area, (float)place.x / factor, (float)place.y / factor, (float)place.width / factor, (float)place.height / factor);
}

void viva_display_get_size(VivaDisplay *self, int *width, int *height)
{
	*width = self->width;
	*height = self->height;
}

/* ---- tiles ---- */

static void forget_tiles(VivaDisplay *self)
{
	for (int n = 0; n < self->columns * self->rows; n++)
		g_clear_object(&self->tiles[n]);
}

static void set_size(VivaDisplay *self, int width, int height)
{
	forget_tiles(self);
	self->width = width;
	self->height = height;
	self->columns = (width + TILE - 1) / TILE;
	self->rows = (height + TILE - 1) / TILE;
	self->tiles = g_renew(GdkTexture *, self->tiles, self->columns * self->rows);
	if (self->tiles)
		memset(self->tiles, 0, sizeof *self->tiles * (size_t)(self->columns * self->rows));
	self->pixels = g_renew(guint32, self->pixels, (size_t)width * (size_t)height);
	gtk_widget_queue_resize(GTK_WIDGET(self));
	g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_GUEST_WIDTH]);
	g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_GUEST_HEIGHT]);
}

static void copy_rect(VivaDisplay *self, const VivFrame *frame, const VivRect *rect)
{
	for (int y = rect->y; y < rect->y + rect->height; y++) {
		const guint32 *from = frame->pixels + (size_t)y * frame->width + rect->x;
		guint32 *to = self->pixels + (size_t)y * (size_t)self->width + rect->x;
		for (int x = 0; x < rect->width; x++)
			to[x] = from[x] | 0xff000000u;
	}
	for (int row = rect->y / TILE; row <= (rect->y + rect->height - 1) / TILE; row++)
		for (int column = rect->x / TILE; column <= (rect->x + rect->width - 1) / TILE; column++)
			g_clear_object(&self->tiles[row * self->columns + column]);
}

/* Within the engine's lock on the picture: copies, nothing else. */
static void use_frame(void *owner, const VivFrame *frame)
{
	VivaDisplay *self = owner;
	if ((int)frame->width != self->width || (int)frame->height != self->height || !self->pixels)
		set_size(self, (int)frame->width, (int)frame->height);
	for (unsigned n = 0; n < frame->damage_count; n++)
		copy_rect(self, frame, &frame->damage[n]);
}

typedef struct Span {
	int first, end;	    /* guest pixels */
	int dfirst, dend;   /* device pixels of the picture */
} Span;

static Span span_of(int index, int size, int device_size)
{
	Span span = { .first = index * TILE, .end = MIN((index + 1) * TILE, size) };
	span.dfirst = (int)((gint64)span.first * device_size / size);
	span.dend = (int)((gint64)span.end * device_size / size);
	return span;
}

static GdkTexture *texture_of(VivaDisplay *self, const guint32 *pixels, int width, int height)
{
	g_autoptr(GBytes) bytes = g_bytes_new_take((gpointer)pixels, (gsize)width * (gsize)height * sizeof *pixels);
	self->uploads++;
	return gdk_memory_texture_new(width, height, GDK_MEMORY_B8G8R8A8_PREMULTIPLIED, bytes, (gsize)width * sizeof *pixels);
}

static GdkTexture *make_tile(VivaDisplay *self, const Span *x, const Span *y)
{
	int width = x->end - x->first, height = y->end - y->first;
	guint32 *to = g_new(guint32, (gsize)width * (gsize)height);
	for (int row = 0; row < height; row++)
		memcpy(to + (size_t)row * (size_t)width, self->pixels + (size_t)(y->first + row) * (size_t)self->width + x->first, sizeof *to * (size_t)width);
	return texture_of(self, to, width, height);
}

/* Each device pixel is the guest pixel that lies under its middle. */
static GdkTexture *make_sharp_tile(VivaDisplay *self, const Span *x, const Span *y, const Place *place)
{
	int width = x->dend - x->dfirst, height = y->dend - y->dfirst;
	guint32 *to = g_new(guint32, (gsize)width * (gsize)height), *at = to;
	for (int dy = y->dfirst; dy < y->dend; dy++) {
		const guint32 *row = self->pixels + (size_t)((2 * (gint64)dy + 1) * self->height / (2 * place->height)) * (size_t)self->width;
		for (int dx = x->dfirst; dx < x->dend; dx++)
			*at++ = row[(2 * (gint64)dx + 1) * self->width / (2 * place->width)];
	}
	return texture_of(self, to, width, height);
}

static void snapshot_tile(VivaDisplay *self, GtkSnapshot *snapshot, int column, int row, const Place *place, bool sharp)
{
	Span x = span_of(column, self->width, place->width), y = span_of(row, self->height, place->height);
	GdkTexture **tile = &self->tiles[row * self->columns + column];
	float factor = (float)place->factor;
	if (x.dend <= x.dfirst || y.dend <= y.dfirst)
		return;
	if (!*tile)
		*tile = sharp ? make_sharp_tile(self, &x, &y, place) : make_tile(self, &x, &y);
	gtk_snapshot_append_texture(snapshot, *tile,
		&GRAPHENE_RECT_INIT((float)(place->x + x.dfirst) / factor, (float)(place->y + y.dfirst) / factor, (float)(x.dend - x.dfirst) / factor,
			(float)(y.dend - y.dfirst) / factor));
}

static void viva_display_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
	VivaDisplay *self = VIVA_DISPLAY(widget);
	if (!self->pixels)
		return;
	Place place = place_of(self);
	bool sharp = !self->smooth && (place.width != self->width || place.height != self->height);
	int tiled_width = sharp ? place.width : 0, tiled_height = sharp ? place.height : 0;
	if (tiled_width != self->tiled_width || tiled_height != self->tiled_height)
		forget_tiles(self);
	self->tiled_width = tiled_width;
	self->tiled_height = tiled_height;
	/* A screen without a picture is black, and a compositor that scales by a fraction blends the tiles' edges with what is behind them. */
	graphene_rect_t area = GRAPHENE_RECT_INIT(0, 0, (float)gtk_widget_get_width(widget), (float)gtk_widget_get_height(widget));
	gtk_snapshot_push_clip(snapshot, &area);
	gtk_snapshot_append_color(snapshot, &(GdkRGBA){ 0, 0, 0, 1 }, &area);
	for (int row = 0; row < self->rows; row++)
		for (int column = 0; column < self->columns; column++)
			snapshot_tile(self, snapshot, column, row, &place, sharp);
	gtk_snapshot_pop(snapshot);
}

GdkTexture *viva_display_get_texture(VivaDisplay *self)
{
	if (!self->pixels)
		return NULL;
	gsize size = (gsize)self->width * (gsize)self->height * sizeof *self->pixels;
	return texture_of(self, g_memdup2(self->pixels, size), self->width, self->height);
}

GdkTexture *viva_display_get_thumbnail(VivaDisplay *self)
{
	return self->pixels ? viva_thumbnail_new(self->pixels, self->width, self->height) : NULL;
}

guint64 viva_display_get_uploads(VivaDisplay *self)
{
	return self->uploads;
}

/* ---- frames ---- */

/* Once per frame of the window, until the engine has nothing more. */
static gboolean take_frame(GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
	VivaDisplay *self = VIVA_DISPLAY(widget);
	bool seen = gtk_widget_get_mapped(widget);
	VivMachine *engine = seen && self->machine ? viva_machine_get_engine(self->machine) : NULL;
	VivTake take = engine ? viv_display_take(engine, use_frame, self) : VIV_TAKE_NOTHING;
	if (take == VIV_TAKE_DONE)
		gtk_widget_queue_draw(widget);
	if (take == VIV_TAKE_BUSY)
		return G_SOURCE_CONTINUE;
	self->tick = 0;
	return G_SOURCE_REMOVE;
}

/* What isn't seen takes no frames, and the engine makes none but for the library. */
static void frame_ready(VivaMachine *machine, VivaDisplay *self)
{
	if (!self->tick && gtk_widget_get_mapped(GTK_WIDGET(self)))
		self->tick = gtk_widget_add_tick_callback(GTK_WIDGET(self), take_frame, NULL, NULL);
}

void viva_display_clear(VivaDisplay *self)
{
	forget_tiles(self);
	self->width = self->height = self->columns = self->rows = 0;
	g_clear_pointer(&self->tiles, g_free);
	g_clear_pointer(&self->pixels, g_free);
	gtk_widget_queue_resize(GTK_WIDGET(self));
}

void viva_display_set_machine(VivaDisplay *self, VivaMachine *machine)
{
	if (self->machine == machine)
		return;
	if (self->machine)
		g_signal_handler_disconnect(self->machine, self->frame_handler);
	g_set_object(&self->machine, machine);
	viva_display_clear(self);
	if (machine) {
		self->frame_handler = g_signal_connect(machine, "frame-ready", G_CALLBACK(frame_ready), self);
		VivMachine *engine = viva_machine_get_engine(machine);
		if (engine)
			viv_display_invalidate(engine);
		frame_ready(machine, self);
	}
	g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_MACHINE]);
}

VivaMachine *viva_display_get_machine(VivaDisplay *self)
{
	return self->machine;
}

/* ---- settings ---- */

static void set_scaling(VivaDisplay *self, VivaScaling scaling)
{
	if (self->scaling == scaling)
		return;
	self->scaling = scaling;
	self->zoom = 1;
	gtk_widget_queue_resize(GTK_WIDGET(self));
	gtk_widget_queue_draw(GTK_WIDGET(self));
	g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_SCALING]);
}

void viva_display_set_zoom(VivaDisplay *self, double zoom)
{
	zoom = CLAMP(zoom, ZOOM_LEAST, ZOOM_MOST);
	set_scaling(self, VIVA_SCALING_ORIGINAL);
	if (self->zoom == zoom)
		return;
	self->zoom = zoom;
	gtk_widget_queue_resize(GTK_WIDGET(self));
	g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_ZOOM]);
}

double viva_display_get_zoom(VivaDisplay *self)
{
	return self->zoom;
}

void viva_display_set_smooth(VivaDisplay *self, bool smooth)
{
	if (self->smooth == smooth)
		return;
	self->smooth = smooth;
	gtk_widget_queue_draw(GTK_WIDGET(self));
	g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_SMOOTH]);
}

/* ---- the widget ---- */

static void viva_display_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural, int *min_baseline, int *nat_baseline)
{
	VivaDisplay *self = VIVA_DISPLAY(widget);
	int guest = orientation == GTK_ORIENTATION_HORIZONTAL ? self->width : self->height;
	int factor = gtk_widget_get_scale_factor(widget);
	double zoom = self->scaling == VIVA_SCALING_ORIGINAL ? self->zoom : 1;
	*natural = (int)ceil(guest * zoom / factor);
	*minimum = self->scaling == VIVA_SCALING_ORIGINAL ? *natural : 0;
}

/* What changed meanwhile may have been taken for the library. */
static void viva_display_map(GtkWidget *widget)
{
	VivaDisplay *self = VIVA_DISPLAY(widget);
	VivMachine *engine = self->machine ? viva_machine_get_engine(self->machine) : NULL;
	GTK_WIDGET_CLASS(viva_display_parent_class)->map(widget);
	if (!engine)
		return;
	viv_display_invalidate(engine);
	frame_ready(self->machine, self);
}

static void viva_display_unmap(GtkWidget *widget)
{
	viva_input_release(VIVA_DISPLAY(widget)->input);
	GTK_WIDGET_CLASS(viva_display_parent_class)->unmap(widget);
}

static void viva_display_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
	VivaDisplay *self = VIVA_DISPLAY(object);
	switch (id) {
	case PROP_MACHINE: g_value_set_object(value, self->machine); break;
	case PROP_SCALING: g_value_set_enum(value, (gint)self->scaling); break;
	case PROP_SMOOTH: g_value_set_boolean(value, self->smooth); break;
	case PROP_ZOOM: g_value_set_double(value, self->zoom); break;
	case PROP_GUEST_WIDTH: g_value_set_int(value, self->width); break;
	case PROP_GUEST_HEIGHT: g_value_set_int(value, self->height); break;
	default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	}
}

static void viva_display_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
	VivaDisplay *self = VIVA_DISPLAY(object);
	switch (id) {
	case PROP_MACHINE: viva_display_set_machine(self, g_value_get_object(value)); break;
	case PROP_SCALING: set_scaling(self, (VivaScaling)g_value_get_enum(value)); break;
	case PROP_SMOOTH: viva_display_set_smooth(self, g_value_get_boolean(value)); break;
	case PROP_ZOOM: viva_display_set_zoom(self, g_value_get_double(value)); break;
	default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	}
}

VivaInput *viva_display_get_input(VivaDisplay *self)
{
	return self->input;
}

static void viva_display_dispose(GObject *object)
{
	VivaDisplay *self = VIVA_DISPLAY(object);
	g_clear_pointer(&self->input, viva_input_free);
	viva_display_set_machine(self, NULL);
	G_OBJECT_CLASS(viva_display_parent_class)->dispose(object);
}

static void viva_display_class_init(VivaDisplayClass *class)
{
	GObjectClass *object_class = G_OBJECT_CLASS(class);
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
	const GParamFlags read_only = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
	object_class->get_property = viva_display_get_property;
	object_class->set_property = viva_display_set_property;
	object_class->dispose = viva_display_dispose;
	widget_class->snapshot = viva_display_snapshot;
	widget_class->measure = viva_display_measure;
	widget_class->map = viva_display_map;
	widget_class->unmap = viva_display_unmap;
	gtk_widget_class_set_css_name(widget_class, "viva-display");
	gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
	properties[PROP_MACHINE] = g_param_spec_object("machine", NULL, NULL, VIVA_TYPE_MACHINE, flags);
	properties[PROP_SCALING] = g_param_spec_enum("scaling", NULL, NULL, VIVA_TYPE_SCALING, VIVA_SCALING_FIT, flags);
	properties[PROP_SMOOTH] = g_param_spec_boolean("smooth", NULL, NULL, TRUE, flags);
	properties[PROP_ZOOM] = g_param_spec_double("zoom", NULL, NULL, ZOOM_LEAST, ZOOM_MOST, 1, flags);
	properties[PROP_GUEST_WIDTH] = g_param_spec_int("guest-width", NULL, NULL, 0, G_MAXINT, 0, read_only);
	properties[PROP_GUEST_HEIGHT] = g_param_spec_int("guest-height", NULL, NULL, 0, G_MAXINT, 0, read_only);
	g_object_class_install_properties(object_class, N_PROPS, properties);
}

static void viva_display_init(VivaDisplay *self)
{
	self->smooth = true;
	self->zoom = 1;
	gtk_widget_set_focusable(GTK_WIDGET(self), TRUE);
	g_signal_connect(self, "notify::scale-factor", G_CALLBACK(gtk_widget_queue_resize), NULL);
	self->input = viva_input_new(self);
}
