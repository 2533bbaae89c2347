"""A palette and the few strokes that the goods of the demo world are drawn with."""

import colorsys
from dataclasses import dataclass

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
SIDE = 800

WHITE: Colour = (255, 255, 255)
GREEN: Colour = (104, 165, 84)
LEAF: Colour = (74, 137, 66)
BROWN: Colour = (122, 86, 58)
STEEL: Colour = (196, 203, 212)
IRON: Colour = (88, 97, 110)
EGG: Colour = (236, 205, 172)


@dataclass(frozen=True, slots=True)
class Palette:
    """Tones of one hue: for the thing, its shaded and its lit side, paper, and the line between them."""

    main: Colour
    dark: Colour
    deep: Colour
    light: Colour
    pale: Colour
    accent: Colour


def palette(hue: int, *, strength: int = 62) -> Palette:
    """Return the tones of a hue (0 to 359 degrees) at a strength in percent."""

    def tone(lightness: float, saturation: float, turn: int = 0) -> Colour:
        red, green, blue = colorsys.hls_to_rgb(((hue + turn) % 360) / 360, lightness, saturation)
        return round(red * 255), round(green * 255), round(blue * 255)

    full = strength / 100
    return Palette(
        main=tone(0.55, full),
        dark=tone(0.44, full),
        deep=tone(0.30, full * 0.8),
        light=tone(0.72, full),
        pale=tone(0.95, full * 0.7),
        accent=tone(0.50, 0.5, turn=150),
    )


class Brush:
    """Draws on one canvas of 800 by 800; what looks round is halved in size later and so gets smooth edges."""

    def __init__(self, canvas: Image.Image, tones: Palette) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self.tones = tones

    def oval(self, x: int, y: int, rx: int, ry: int, colour: Colour) -> None:
        """Fill an ellipse around a point."""
        self._draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=colour)

    def ring(self, x: int, y: int, rx: int, ry: int, colour: Colour, width: int) -> None:
        """Draw the outline of an ellipse."""
        self._draw.ellipse((x - rx, y - ry, x + rx, y + ry), outline=colour, width=width)

    def block(self, left: int, top: int, right: int, bottom: int, colour: Colour, radius: int = 0) -> None:
        """Fill a rectangle with rounded corners."""
        self._draw.rounded_rectangle((left, top, right, bottom), radius=radius, fill=colour)

    def shape(self, *points: tuple[int, int], colour: Colour) -> None:
        """Fill a polygon."""
        self._draw.polygon(points, fill=colour)

    def line(self, *points: tuple[int, int], colour: Colour, width: int) -> None:
        """Draw a line through points, with round joints."""
        self._draw.line(points, fill=colour, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            self.oval(x, y, width // 2, width // 2, colour)

    def arc(self, box: tuple[int, int, int, int], start: int, end: int, colour: Colour, width: int) -> None:
        """Draw a part of an ellipse, degrees clockwise from the right."""
        self._draw.arc(box, start, end, fill=colour, width=width)

    def label(self, left: int, top: int, right: int, bottom: int) -> None:
        """Put a paper label on a thing: a mark and two lines, as of writing seen from afar."""
        self.block(left, top, right, bottom, self.tones.pale, 14)
        middle, width, height = (left + right) // 2, right - left, bottom - top
        self.oval(middle, top + height * 34 // 100, height // 6, height // 6, self.tones.main)
        self.block(left + width // 6, top + height * 62 // 100, right - width // 6, top + height * 70 // 100,
                   self.tones.dark, 4)  # fmt: skip
        self.block(left + width // 4, top + height * 78 // 100, right - width // 4, top + height * 84 // 100,
                   self.tones.light, 4)  # fmt: skip
