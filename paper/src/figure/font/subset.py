# Makes the two font files of the figures from Debian's fonts-inter (4.0~beta7).
# Latin, Greek and Cyrillic with combining marks, digits tabular by default, no hinting.
from fontTools.ttLib import TTFont
from fontTools import subset
SRC = "/usr/share/fonts/opentype/inter/Inter-%s.otf"
TEXT = [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x2002, 0x2003, 0x2009, 0x200A, 0x202F, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014,
        0x2018, 0x2019, 0x201A, 0x201C, 0x201D, 0x201E, 0x2020, 0x2022, 0x2026, 0x2030, 0x2032, 0x20AC, 0x2190, 0x2191,
        0x2192, 0x2193, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x25A0, 0x25CF, 0x2713, 0x2197, 0x00D7,
        *range(0x218, 0x21C), *range(0x300, 0x30D), 0x323, 0x327, 0x328, *range(0x37E, 0x3CF), *range(0x400, 0x460), 0x490,
        0x491, 0x1E9E, *range(0x1EA0, 0x1EFA), 0x25A1, 0x25CB]
for style in ("Regular", "SemiBold"):
    font = TTFont(SRC % style, recalcTimestamp=False)
    gsub = font["GSUB"].table
    swap = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for table in gsub.LookupList.Lookup[index].SubTable:
                    table = getattr(table, "ExtSubTable", table)
                    swap.update(getattr(table, "mapping", {}))
    for table in font["cmap"].tables:
        for code in range(0x30, 0x3A):
            if code in table.cmap:
                table.cmap[code] = swap.get(table.cmap[code], table.cmap[code])
    options = subset.Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp"]
    options.hinting = False
    options.desubroutinize = False
    options.name_IDs = ["*"]
    options.recalc_timestamp = False
    s = subset.Subsetter(options)
    s.populate(unicodes=TEXT)
    s.subset(font)
    font.save("Inter-%s.otf" % style)
