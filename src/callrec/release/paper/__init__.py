"""Papers as PDF: a release's certificate, the label of an exhibit, and the recovery kit.

The same facts give the same bytes, whenever and wherever they are set. Only modules of this
package import fpdf2 and segno, and none does where no paper is made.
"""
