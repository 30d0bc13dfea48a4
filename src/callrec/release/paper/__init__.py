"""The papers of a release as PDF: its certificate, and the label of an exhibit.

The same facts give the same bytes, whenever and wherever they are set. Only modules of this
package import fpdf2 and segno, and none does where no paper is made.
"""
