"""How wares of the house look, on a floor at 640."""

from entrepot.doors.cli.demo.brush import BROWN, IRON, STEEL, WHITE, Brush


def flask(b: Brush) -> None:
    """Draw a thermos flask."""
    b.block(310, 260, 490, 650, b.tones.main, 40)
    b.block(430, 270, 490, 650, b.tones.dark, 36)
    b.block(400, 280, 450, 648, b.tones.main, 4)
    b.block(335, 300, 360, 610, b.tones.light, 12)
    b.block(318, 160, 482, 266, b.tones.deep, 24)
    b.block(310, 250, 490, 276, STEEL, 8)


def roll(b: Brush) -> None:
    """Draw rolls of paper."""
    for x, y in ((300, 500), (500, 500), (400, 330)):
        b.oval(x, y, 122, 122, (246, 247, 249))
        b.ring(x, y, 122, 122, (218, 223, 230), 8)
        b.ring(x, y, 84, 84, (232, 236, 241), 6)
        b.oval(x, y, 40, 40, b.tones.main)
        b.oval(x, y, 26, 26, b.tones.deep)


def tissue(b: Brush) -> None:
    """Draw a pack of tissues."""
    b.shape((330, 330), (390, 210), (420, 260), (470, 200), (490, 340), colour=WHITE)
    b.block(170, 330, 630, 630, b.tones.main, 40)
    b.block(170, 520, 630, 630, b.tones.dark, 40)
    b.block(170, 500, 630, 560, b.tones.main, 2)
    b.oval(400, 345, 120, 26, b.tones.deep)
    b.shape((340, 345), (390, 230), (420, 270), (465, 215), (475, 345), colour=(250, 251, 252))
    b.label(270, 400, 530, 580)


def spray(b: Brush) -> None:
    """Draw a spray bottle."""
    b.block(300, 360, 500, 650, b.tones.main, 44)
    b.shape((360, 250), (440, 250), (490, 390), (310, 390), colour=b.tones.main)
    b.block(350, 210, 450, 270, b.tones.deep, 10)
    b.shape((290, 150), (480, 150), (480, 220), (340, 220), colour=b.tones.accent)
    b.block(262, 158, 300, 196, b.tones.deep, 6)
    b.line((360, 220), (320, 290), colour=b.tones.accent, width=22)
    b.label(315, 420, 485, 600)


def pot(b: Brush) -> None:
    """Draw a cooking pot."""
    b.line((150, 450), (650, 450), colour=IRON, width=40)
    b.block(210, 380, 590, 630, b.tones.main, 60)
    b.block(450, 390, 590, 630, b.tones.dark, 60)
    b.block(420, 390, 520, 630, b.tones.main, 4)
    b.oval(400, 385, 205, 44, STEEL)
    b.oval(400, 345, 190, 62, b.tones.light)
    b.block(196, 350, 604, 392, b.tones.deep, 18)
    b.oval(400, 268, 36, 36, IRON)


def pan(b: Brush) -> None:
    """Draw a frying pan from above."""
    b.line((520, 300), (690, 150), colour=BROWN, width=46)
    b.oval(360, 450, 220, 190, IRON)
    b.oval(360, 446, 186, 158, b.tones.deep)
    b.oval(360, 450, 166, 138, b.tones.dark)
    b.oval(400, 470, 78, 62, WHITE)
    b.oval(400, 466, 36, 32, (245, 186, 66))


def knife(b: Brush) -> None:
    """Draw kitchen knives."""
    b.shape((220, 200), (300, 170), (330, 430), (230, 430), colour=STEEL)
    b.shape((260, 186), (300, 170), (330, 430), (285, 430), colour=(222, 227, 233))
    b.block(240, 430, 322, 640, b.tones.deep, 22)
    b.shape((430, 180), (600, 200), (590, 400), (430, 420), colour=STEEL)
    b.shape((430, 180), (520, 190), (510, 410), (430, 420), colour=(222, 227, 233))
    b.block(440, 410, 520, 640, b.tones.main, 22)


def bowl(b: Brush) -> None:
    """Draw a set of bowls."""
    b.oval(400, 430, 230, 60, b.tones.pale)
    b.shape((170, 430), (630, 430), (520, 610), (280, 610), colour=b.tones.main)
    b.shape((500, 430), (630, 430), (520, 610), (460, 610), colour=b.tones.dark)
    b.block(310, 600, 490, 640, b.tones.deep, 12)
    b.oval(400, 430, 230, 60, b.tones.light)
    b.oval(400, 436, 200, 46, b.tones.pale)
    b.line((300, 380), (520, 190), colour=BROWN, width=18)
    b.line((350, 390), (560, 210), colour=BROWN, width=18)


def towel(b: Brush) -> None:
    """Draw a stack of folded cloth."""
    for top, colour in ((500, b.tones.dark), (380, b.tones.main), (260, b.tones.light)):
        b.block(190, top, 610, top + 130, colour, 60)
        b.block(190, top + 56, 600, top + 72, b.tones.pale, 8)
        b.arc((540, top, 670, top + 130), 130, 230, b.tones.deep, 8)


def pillow(b: Brush) -> None:
    """Draw a pillow."""
    b.oval(400, 430, 240, 170, b.tones.main)
    b.shape((170, 270), (400, 300), (630, 270), (610, 430), (630, 600), (400, 570), (170, 600), (190, 430),
            colour=b.tones.main)  # fmt: skip
    b.arc((230, 300, 570, 420), 20, 160, b.tones.light, 14)
    for x, y in ((300, 380), (430, 400), (350, 480), (480, 490)):
        b.oval(x, y, 16, 16, b.tones.pale)


def kettle(b: Brush) -> None:
    """Draw an electric kettle."""
    b.arc((430, 230, 690, 560), 280, 80, b.tones.deep, 40)
    b.shape((250, 330), (160, 270), (170, 320), (250, 420), colour=b.tones.dark)
    b.shape((270, 230), (530, 230), (570, 610), (230, 610), colour=b.tones.main)
    b.shape((450, 230), (530, 230), (570, 610), (480, 610), colour=b.tones.dark)
    b.block(210, 600, 590, 650, IRON, 18)
    b.block(262, 200, 538, 244, b.tones.deep, 16)
    b.oval(400, 185, 30, 24, IRON)
    b.block(300, 340, 326, 560, b.tones.pale, 12)


def appliance(b: Brush) -> None:
    """Draw a round household appliance with a display."""
    b.block(220, 230, 580, 640, b.tones.light, 110)
    b.block(440, 230, 580, 640, b.tones.main, 100)
    b.block(400, 240, 500, 638, b.tones.light, 4)
    b.block(300, 210, 500, 244, b.tones.deep, 14)
    b.block(290, 430, 510, 580, b.tones.deep, 24)
    b.block(320, 456, 480, 510, b.tones.pale, 8)
    for x in (350, 400, 450):
        b.oval(x, 546, 14, 14, b.tones.main)


def fan(b: Brush) -> None:
    """Draw an electric fan."""
    b.block(380, 480, 420, 620, IRON, 6)
    b.block(290, 610, 510, 648, b.tones.deep, 18)
    b.oval(400, 350, 200, 200, b.tones.pale)
    for dx, dy in ((0, -90), (86, 44), (-86, 44)):
        b.oval(400 + dx, 350 + dy, 74, 84, b.tones.main)
    b.ring(400, 350, 200, 200, b.tones.dark, 14)
    b.ring(400, 350, 140, 140, b.tones.light, 6)
    b.oval(400, 350, 40, 40, b.tones.deep)


def lamp(b: Brush) -> None:
    """Draw a desk lamp."""
    b.block(260, 606, 540, 646, b.tones.deep, 20)
    b.line((400, 610), (300, 420), (430, 290), colour=IRON, width=24)
    b.shape((430, 200), (570, 330), (480, 400), (350, 270), colour=b.tones.main)
    b.shape((480, 400), (570, 330), (640, 540), (470, 560), colour=(255, 244, 204))
    b.oval(525, 366, 44, 30, (255, 226, 130))
    b.oval(300, 420, 24, 24, b.tones.dark)


def headphones(b: Brush) -> None:
    """Draw headphones."""
    b.arc((200, 180, 600, 640), 180, 360, b.tones.deep, 44)
    for x in (176, 500):
        b.block(x, 400, x + 124, 620, b.tones.main, 50)
    b.block(200, 420, 232, 600, b.tones.light, 14)
    b.block(556, 420, 600, 600, b.tones.dark, 18)


def earbuds(b: Brush) -> None:
    """Draw earbuds in their case."""
    b.block(220, 330, 580, 620, b.tones.main, 110)
    b.block(220, 330, 580, 450, b.tones.light, 60)
    b.block(220, 436, 580, 450, b.tones.dark, 2)
    for x in (310, 490):
        b.oval(x, 330, 56, 56, WHITE)
        b.oval(x, 326, 26, 26, b.tones.deep)
        b.block(x - 20, 340, x + 20, 440, WHITE, 18)
    b.oval(400, 530, 14, 14, (120, 220, 140))


def power(b: Brush) -> None:
    """Draw a power bank."""
    b.block(250, 170, 550, 650, b.tones.main, 54)
    b.block(460, 180, 550, 650, b.tones.dark, 50)
    b.block(420, 190, 500, 648, b.tones.main, 4)
    b.shape((420, 270), (320, 440), (390, 440), (370, 560), (480, 390), (410, 390), colour=b.tones.pale)
    for x in (330, 370, 410, 450):
        b.oval(x, 604, 10, 10, (190, 240, 190))


def phone_case(b: Brush) -> None:
    """Draw a telephone with a case."""
    b.block(270, 150, 530, 650, b.tones.main, 56)
    b.block(290, 170, 510, 630, b.tones.deep, 42)
    b.block(304, 184, 496, 616, b.tones.light, 32)
    b.block(360, 196, 440, 216, b.tones.deep, 10)
    b.oval(400, 400, 70, 70, b.tones.pale)
    b.shape((375, 360), (375, 440), (445, 400), colour=b.tones.main)


def cable(b: Brush) -> None:
    """Draw a coiled cable."""
    for radius in (190, 150, 110):
        b.ring(400, 420, radius, radius * 9 // 10, b.tones.main if radius != 150 else b.tones.dark, 24)
    b.line((560, 500), (640, 600), colour=b.tones.main, width=24)
    b.block(590, 570, 690, 640, b.tones.deep, 14)
    b.block(640, 590, 716, 622, STEEL, 4)


def tube(b: Brush) -> None:
    """Draw a tube of cream."""
    b.shape((270, 180), (530, 180), (490, 540), (310, 540), colour=b.tones.main)
    b.shape((430, 180), (530, 180), (490, 540), (440, 540), colour=b.tones.dark)
    b.block(262, 160, 538, 206, b.tones.light, 8)
    b.block(320, 536, 480, 650, b.tones.deep, 24)
    b.label(320, 260, 480, 460)


def pump(b: Brush) -> None:
    """Draw a pump bottle of lotion."""
    b.block(270, 320, 530, 650, b.tones.main, 60)
    b.block(450, 330, 530, 650, b.tones.dark, 56)
    b.block(420, 330, 490, 648, b.tones.main, 4)
    b.block(350, 260, 450, 326, b.tones.deep, 12)
    b.block(386, 190, 414, 270, IRON, 4)
    b.block(300, 160, 440, 206, b.tones.deep, 20)
    b.label(300, 400, 500, 590)


def nursing(b: Brush) -> None:
    """Draw a baby's bottle."""
    b.block(290, 310, 510, 650, b.tones.pale, 60)
    b.block(302, 420, 498, 638, WHITE, 50)
    b.block(280, 260, 520, 330, b.tones.main, 22)
    b.oval(400, 240, 84, 50, (250, 224, 196))
    b.oval(400, 180, 34, 50, (250, 224, 196))
    for y in (440, 490, 540, 590):
        b.line((440, y), (490, y), colour=b.tones.main, width=8)


def bear(b: Brush) -> None:
    """Draw a teddy bear."""
    for x in (290, 510):
        b.oval(x, 230, 60, 60, b.tones.main)
        b.oval(x, 230, 32, 32, b.tones.pale)
    for x, y in ((230, 500), (570, 500), (300, 620), (500, 620)):
        b.oval(x, y, 66, 62, b.tones.dark)
    b.oval(400, 530, 150, 130, b.tones.main)
    b.oval(400, 540, 90, 84, b.tones.pale)
    b.oval(400, 330, 150, 130, b.tones.main)
    b.oval(400, 376, 64, 50, b.tones.pale)
    for x in (340, 460):
        b.oval(x, 316, 16, 18, b.tones.deep)
    b.oval(400, 356, 20, 14, b.tones.deep)


DRAWN = (
    flask,
    roll,
    tissue,
    spray,
    pot,
    pan,
    knife,
    bowl,
    towel,
    pillow,
    kettle,
    appliance,
    fan,
    lamp,
    headphones,
    earbuds,
    power,
    phone_case,
    cable,
    tube,
    pump,
    nursing,
    bear,
)
