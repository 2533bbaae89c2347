"""How food and drink look, on a floor at 640."""

from entrepot.doors.cli.demo.brush import BROWN, EGG, GREEN, LEAF, STEEL, WHITE, Brush


def fruit(b: Brush) -> None:
    """Draw a round fruit with stem and leaf."""
    b.oval(400, 450, 200, 190, b.tones.main)
    b.oval(330, 450, 128, 188, b.tones.main)
    b.oval(470, 455, 130, 184, b.tones.dark)
    b.oval(400, 452, 150, 186, b.tones.main)
    b.oval(320, 380, 44, 58, b.tones.light)
    b.line((400, 280), (410, 235), (432, 205), colour=BROWN, width=16)
    b.oval(488, 226, 66, 28, LEAF)


def citrus(b: Brush) -> None:
    """Draw a citrus and half a one."""
    b.oval(340, 440, 180, 180, b.tones.main)
    b.oval(285, 370, 42, 50, b.tones.light)
    b.oval(352, 268, 46, 20, LEAF)
    b.oval(545, 540, 118, 104, b.tones.dark)
    b.oval(545, 540, 100, 88, b.tones.pale)
    for x, y in ((545, 480), (598, 512), (598, 566), (545, 598), (492, 566), (492, 512)):
        b.oval(x, y, 25, 23, b.tones.main)


def greens(b: Brush) -> None:
    """Draw a bunch of leaves."""
    for x, y, rx, ry, colour in (
        *((300, 350, 90, 150, LEAF), (500, 350, 90, 150, LEAF), (400, 310, 100, 170, GREEN)),
        *((340, 420, 74, 150, GREEN), (460, 420, 74, 150, LEAF)),
    ):
        b.oval(x, y, rx, ry, colour)
    for x in (345, 400, 455):
        b.block(x - 22, 430, x + 22, 630, (232, 240, 214), 20)
    b.block(305, 520, 495, 560, b.tones.main, 12)


def eggs(b: Brush) -> None:
    """Draw eggs in a tray."""
    for x in (250, 350, 450, 550):
        b.oval(x, 430, 52, 72, EGG)
        b.oval(x - 16, 402, 14, 22, WHITE)
    for x in (300, 400, 500):
        b.oval(x, 480, 54, 74, (243, 219, 190))
        b.oval(x - 16, 450, 14, 22, WHITE)
    b.shape((170, 500), (630, 500), (590, 640), (210, 640), colour=b.tones.main)
    b.shape((170, 500), (630, 500), (622, 530), (178, 530), colour=b.tones.light)


def fish(b: Brush) -> None:
    """Draw a fish."""
    b.shape((560, 440), (690, 340), (670, 440), (690, 540), colour=b.tones.dark)
    b.shape((340, 330), (440, 260), (500, 340), colour=b.tones.dark)
    b.oval(380, 440, 230, 120, b.tones.main)
    b.oval(370, 480, 190, 74, b.tones.light)
    b.arc((180, 330, 340, 550), 290, 70, b.tones.deep, 10)
    b.oval(235, 410, 22, 22, WHITE)
    b.oval(232, 410, 11, 11, b.tones.deep)
    for x in (370, 430, 490):
        b.arc((x, 380, x + 60, 470), 270, 90, b.tones.dark, 8)


def crab(b: Brush) -> None:
    """Draw a crab."""
    for side in (-1, 1):
        for place, reach in enumerate((230, 250, 230)):
            x, y = 400 + side * 130, 430 + place * 50
            b.line((x, y), (400 + side * reach, y - 30), (400 + side * (reach + 20), y + 60), colour=b.tones.dark,
                   width=22)  # fmt: skip
        b.line((400 + side * 120, 390), (400 + side * 220, 310), colour=b.tones.dark, width=30)
        b.oval(400 + side * 235, 270, 68, 52, b.tones.main)
        b.shape((400 + side * 235, 270), (400 + side * 290, 205), (400 + side * 205, 205), colour=b.tones.pale)
    b.oval(400, 470, 200, 140, b.tones.main)
    b.oval(400, 430, 150, 70, b.tones.light)
    for x in (340, 460):
        b.oval(x, 340, 24, 28, WHITE)
        b.oval(x, 336, 11, 13, b.tones.deep)


def pouch(b: Brush) -> None:
    """Draw a stand-up bag of snacks."""
    b.shape((230, 190), (570, 190), (610, 640), (190, 640), colour=b.tones.main)
    b.shape((470, 190), (570, 190), (610, 640), (500, 640), colour=b.tones.dark)
    b.block(226, 170, 574, 225, b.tones.deep, 8)
    for x in range(250, 570, 32):
        b.line((x, 180), (x, 214), colour=b.tones.main, width=6)
    b.label(280, 310, 520, 540)


def sack(b: Brush) -> None:
    """Draw a sack of grain."""
    b.block(210, 260, 590, 640, b.tones.light, 70)
    b.block(430, 260, 590, 640, b.tones.main, 70)
    b.block(400, 290, 520, 640, b.tones.light, 10)
    b.shape((290, 180), (510, 180), (460, 270), (340, 270), colour=b.tones.light)
    b.block(330, 244, 470, 280, b.tones.deep, 14)
    b.label(285, 360, 515, 570)


def bottle(b: Brush) -> None:
    """Draw a bottle."""
    b.block(300, 300, 500, 640, b.tones.main, 46)
    b.block(430, 310, 500, 640, b.tones.dark, 40)
    b.block(400, 320, 460, 640, b.tones.main, 6)
    b.shape((350, 210), (450, 210), (486, 340), (314, 340), colour=b.tones.main)
    b.block(344, 160, 456, 226, b.tones.deep, 14)
    b.block(322, 340, 346, 600, b.tones.light, 12)
    b.label(300, 400, 500, 570)


def jar(b: Brush) -> None:
    """Draw a jar with a lid."""
    b.block(240, 280, 560, 640, b.tones.light, 56)
    b.block(252, 380, 548, 628, b.tones.main, 46)
    b.block(250, 200, 550, 286, b.tones.deep, 22)
    b.block(250, 246, 550, 262, b.tones.dark, 2)
    b.block(270, 320, 292, 600, WHITE, 10)
    b.label(310, 400, 490, 580)


def box(b: Brush) -> None:
    """Draw a carton."""
    b.shape((400, 200), (640, 300), (400, 400), (160, 300), colour=b.tones.light)
    b.shape((160, 300), (400, 400), (400, 660), (160, 550), colour=b.tones.main)
    b.shape((640, 300), (400, 400), (400, 660), (640, 550), colour=b.tones.dark)
    b.shape((280, 250), (520, 350), (520, 430), (480, 446), (480, 366), (240, 266), colour=b.tones.pale)


def gift(b: Brush) -> None:
    """Draw a gift box with a ribbon."""
    b.block(190, 340, 610, 640, b.tones.main, 18)
    b.block(430, 340, 610, 640, b.tones.dark, 18)
    b.block(165, 270, 635, 360, b.tones.light, 18)
    b.block(365, 270, 435, 640, b.tones.pale, 2)
    b.ring(330, 220, 74, 52, b.tones.pale, 24)
    b.ring(470, 220, 74, 52, b.tones.pale, 24)
    b.oval(400, 250, 30, 30, WHITE)


def tin(b: Brush) -> None:
    """Draw a tin or a canister."""
    b.block(260, 250, 540, 610, b.tones.main, 4)
    b.block(450, 250, 540, 610, b.tones.dark, 4)
    b.oval(400, 610, 140, 40, b.tones.dark)
    b.block(285, 260, 312, 620, b.tones.light, 10)
    b.oval(400, 250, 140, 42, STEEL)
    b.oval(400, 246, 112, 30, (222, 227, 233))
    b.label(300, 350, 500, 550)


def cup(b: Brush) -> None:
    """Draw a steaming cup."""
    b.ring(580, 480, 84, 84, b.tones.dark, 34)
    b.shape((220, 360), (580, 360), (530, 620), (270, 620), colour=b.tones.main)
    b.oval(400, 620, 130, 26, b.tones.main)
    b.shape((470, 360), (580, 360), (530, 620), (460, 620), colour=b.tones.dark)
    b.oval(400, 360, 180, 44, b.tones.pale)
    b.oval(400, 366, 150, 32, b.tones.deep)
    for x in (330, 400, 470):
        b.arc((x - 24, 190, x + 24, 250), 90, 270, b.tones.light, 12)
        b.arc((x - 24, 250, x + 24, 310), 270, 90, b.tones.light, 12)


DRAWN = (fruit, citrus, greens, eggs, fish, crab, pouch, sack, bottle, jar, box, gift, tin, cup)
